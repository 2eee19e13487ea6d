"""Half-lines of one input: what the examples on either side of a threshold amount to.

Where z = W·x + b > 0 for one input, x lies on one side of −b/W: the active examples are a half-line of the
sorted inputs. On a half-line the squared error of a straight line is that of the least-squares line, plus
two squares that say how far from it the line is at the mean, and in its slope:

    Σ(W·x + b − y)² = n·(W·x̄ + b − ȳ)² + (S·W − Σ(x − x̄)(y − ȳ)/S)² + residual,   S² = Σ(x − x̄)².

So five numbers of each half-line hold all that the gradient needs, and a few more the loss. Every term is at
least 0: nothing cancels, however good the fit.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

# More buckets make fewer probes, as long as their table stays in a core's cache.
BUCKETS_PER_EXAMPLE = 8
MOST_BUCKETS = 2**18
# A range of buckets that needs no more probes is good enough.
FEW_PROBES = 4


class HalfLine(NamedTuple):
    """The moments of the examples on a half-line; sums are divided by the number of all examples, N."""

    share: Float[Array, "*rows"]  # of the examples that lie on it
    mean_x: Float[Array, "*rows"]
    mean_y: Float[Array, "*rows"]
    spread: Float[Array, "*rows"]  # S/√N
    rise: Float[Array, "*rows"]  # of the least-squares line over that spread; 0 where all inputs are equal
    nearest: Float[Array, "*rows"]  # the input of its outermost example, infinite if it has none
    nearest_other: Float[Array, "*rows"]  # and of the example next to it that does not lie on it


class Errors(NamedTuple):
    """What the half-line adds to the loss besides; divided by the number of all examples, N."""

    residual: Float[Array, "*rows"]  # Σ½(y − least-squares line)²/N
    beyond: Float[Array, "*rows"]  # Σ½y²/N over all other examples


class HalfLines(NamedTuple):
    """Every half-line of a training set, and an index that finds the one a neuron is active on.

    Row c of `rows` is the upper half-line without the c smallest inputs, row examples + 1 + c the lower
    one of the c smallest. The threshold −b/W falls into one of `first`'s equal buckets, and the examples
    of that bucket are searched by bisection: as many probes as its most crowded bucket needs.
    """

    x: Float[Array, " padded"]  # in ascending order; the last is repeated
    rows: Float[Array, "rows 8"]  # the fields of HalfLine, and nothing
    errors: Float[Array, "rows 2"]  # the fields of Errors
    first: Int[Array, " buckets"]  # examples below the bucket
    origin: Float[Array, ""]
    buckets_per_unit: Float[Array, ""]
    probes: Float[Array, " probes"]  # only its length counts, which must be static

    @property
    def num_examples(self) -> int:
        return self.rows.shape[0] // 2 - 1


class Cut(NamedTuple):
    """Where a neuron's threshold cuts the sorted examples."""

    num_below: Int[Array, ""]
    is_upper_active: Bool[Array, ""]


def find_cut(half_lines: HalfLines, weight: Float[Array, ""], bias: Float[Array, ""]) -> Cut:
    """The cut between active (z > 0) and silent examples.

    It is found by the sign of the very z that autodiff computes, so that both take the same examples for
    active (where W·x does not underflow).
    """
    num_buckets = half_lines.first.shape[0]
    place = (-bias / weight - half_lines.origin) * half_lines.buckets_per_unit
    # What is not a number goes to the last bucket: 0/0 is no threshold, and all are silent.
    place = jnp.where(place < num_buckets - 1, jnp.maximum(place, 0), num_buckets - 1)
    num_below = _read(half_lines.first, place.astype(jnp.int32))
    is_upper_active = ~(weight < 0)
    for probe in reversed(range(half_lines.probes.shape[0])):
        z = weight * _read(half_lines.x, num_below + (2**probe - 1)) + bias
        is_below = (z > 0) != is_upper_active
        num_below = jnp.where(is_below, num_below + 2**probe, num_below)
    num_below = jnp.minimum(num_below, half_lines.num_examples)
    # A weight of 0 has no threshold: all examples share the sign of the bias.
    no_threshold = jnp.where(bias > 0, 0, half_lines.num_examples)
    return Cut(jnp.where(weight == 0, no_threshold, num_below), is_upper_active)


def half_line(
    half_lines: HalfLines, num_below: Int[Array, ""], is_upper: Bool[Array, ""]
) -> tuple[HalfLine, Errors]:
    """The half-line above or below a cut."""
    row = num_below + jnp.where(is_upper, 0, half_lines.num_examples + 1)
    moments, errors = _read(half_lines.rows, row), _read(half_lines.errors, row)
    return HalfLine(*moments[: len(HalfLine._fields)]), Errors(*errors)


def _read(table: Array, row: Int[Array, ""]) -> Array:
    return table.at[row].get(mode="promise_in_bounds", wrap_negative_indices=False)


def find_half_lines(x: np.ndarray, y: np.ndarray, precision: str) -> HalfLines:
    """The half-lines of examples with inputs x[examples] and targets y[examples].

    Sums are taken in float64 of the examples as they are in the precision, then rounded once.
    """
    order = np.argsort(x)
    if np.any(x[order[1:]] == x[order[:-1]]):  # ties; a stable sort takes several times as long
        order = np.argsort(x, kind="stable")
    x, y = (np.asarray(values, precision).astype(np.float64)[order] for values in (x, y))
    (*below, residual_below), (*above, residual_above) = _running(x, y), _running(x[::-1], y[::-1])[:, ::-1]
    square_below = np.concatenate([[0.0], np.cumsum(0.5 * y**2)]) / len(x)
    square_above = square_below[-1] - square_below
    last_below, first_above = np.concatenate([[-np.inf], x]), np.concatenate([x, [np.inf]])
    unused = np.zeros(len(x) + 1)
    rows = (
        np.stack([*above, first_above, last_below, unused], axis=1, dtype=precision),
        np.stack([*below, last_below, first_above, unused], axis=1, dtype=precision),
    )
    errors = (
        np.stack([residual_above, square_below], axis=1, dtype=precision),
        np.stack([residual_below, square_above], axis=1, dtype=precision),
    )
    origin, buckets_per_unit, first, num_probes = _index(x.astype(precision))
    padded = np.concatenate([x, np.full(2**num_probes, x[-1])])
    arrays = {
        "x": padded.astype(precision),
        "rows": np.concatenate(rows),
        "errors": np.concatenate(errors),
        "first": first.astype(np.int32),
        "origin": origin,
        "buckets_per_unit": buckets_per_unit,
        "probes": np.zeros(num_probes, precision),
    }
    return HalfLines(**jax.device_put(arrays))


def _running(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share, means, spread, rise and residual of the first 0, 1, … examples: [6, examples + 1].

    Each example adds to the spread and to the residual what it lies off the mean, and off the line, of
    those before it (Welford 1962; Brown, Durbin and Evans 1975): sums of squares, in which nothing cancels.
    """
    num_examples, before = len(x), np.arange(len(x))
    count = np.arange(num_examples + 1)
    # From the first input on, so that equal inputs have a spread of exactly 0.
    mean_x, mean_y = (np.concatenate([[0.0], np.cumsum(v)]) / np.maximum(count, 1) for v in (x - x[0], y))
    off_x, off_y = x - x[0] - mean_x[:-1], y - mean_y[:-1]
    weight = before / (before + 1)
    spread, product = (np.concatenate([[0.0], np.cumsum(weight * off_x * off)]) for off in (off_x, off_y))
    slope = np.divide(product, spread, out=np.zeros_like(spread), where=spread > 0)
    off_line = off_y - slope[:-1] * off_x
    # The variance of what is predicted of an example by those before it, in units of one example's.
    leverage = np.divide(off_x**2, spread[:-1], out=np.where(off_x == 0, 0.0, np.inf), where=spread[:-1] > 0)
    with np.errstate(divide="ignore"):
        gain = off_line**2 / (1 + 1 / before + leverage)
    residual = np.concatenate([[0.0], np.cumsum(0.5 * gain)])
    mean_x = np.where(count > 0, mean_x + x[0], 0.0)
    spread = np.sqrt(spread / num_examples)
    return np.stack([count / num_examples, mean_x, mean_y, spread, slope * spread, residual / num_examples])


def _index(x: np.ndarray) -> tuple[np.floating, np.floating, np.ndarray, int]:
    """(origin, buckets per unit, examples below each bucket, probes) for sorted inputs.

    An outlier would leave all other examples in one bucket, so the buckets' range may leave out some
    examples at both ends: the first of a few ranges that is not crowded, or the least crowded.
    """
    found = []
    for share in (0.0, 0.001, 0.01, 0.1):
        found.append(_index_between(x, int(np.ceil(share * len(x)))))
        if found[-1][-1] <= FEW_PROBES:
            break
    return min(found, key=lambda index: index[-1])


def _index_between(x: np.ndarray, num_left_out: int) -> tuple[np.floating, np.floating, np.ndarray, int]:
    low, high = x[min(num_left_out, len(x) // 2)], x[max(len(x) - 1 - num_left_out, len(x) // 2)]
    num_buckets = min(2 ** int(np.ceil(np.log2(BUCKETS_PER_EXAMPLE * len(x)))), MOST_BUCKETS)
    reach = np.subtract(high, low, dtype=np.float64)
    buckets_per_unit = x.dtype.type((num_buckets - 1) / reach if reach > 0 else 0.0)

    def num_up_to_bucket(x: np.ndarray) -> np.ndarray:
        bucket = np.clip((x - low) * buckets_per_unit, 0, num_buckets - 1).astype(np.int64)
        return np.cumsum(np.bincount(bucket, minlength=num_buckets))

    # A threshold is a quotient that was rounded: an example so close to it may lie on its other side.
    margin = (4 * np.finfo(x.dtype).eps) * (np.abs(x) + reach)
    first = np.concatenate([[0], num_up_to_bucket((x + margin).astype(x.dtype))[:-1]])
    end = num_up_to_bucket((x - margin).astype(x.dtype))
    return low, buckets_per_unit, first, int(np.max(end - first)).bit_length()
