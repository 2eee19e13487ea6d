"""Half-lines of one input: what the examples on either side of a threshold amount to.

Where z = W·x + b > 0 for one input, x lies on one side of −b/W: the active examples are a half-line of the
sorted inputs. On a half-line the squared error of a straight line is that of the least-squares line, plus
two squares that say how far from it the line is at the mean, and in its slope:

    Σ(W·x + b − y)² = n·(W·x̄ + b − ȳ)² + (S·W − Σ(x − x̄)(y − ȳ)/S)² + residual,   S² = Σ(x − x̄)².

So five numbers of each half-line hold all that the gradient needs, and a few more the loss. Every term is at
least 0: nothing cancels, however good the fit.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

Result = TypeVar("Result")

# More buckets make fewer probes, as long as their table stays in a core's cache.
BUCKETS_PER_EXAMPLE = 16
MAX_BUCKETS = 2**18
# A range of buckets that needs no more probes is good enough.
FEW_PROBES = 4


class HalfLine(NamedTuple):
    """The moments of the examples on a half-line; sums are divided by the number of all examples, N."""

    share: Float[Array, "*rows"]  # of the examples that lie on it
    mean_x: Float[Array, "*rows"]
    mean_y: Float[Array, "*rows"]  # the height of the least-squares line at the mean as it is rounded
    spread: Float[Array, "*rows"]  # S/√N
    rise: Float[Array, "*rows"]  # of the least-squares line over that spread; 0 where all inputs are equal


class Errors(NamedTuple):
    """What the half-line adds to the loss besides; divided by the number of all examples, N."""

    residual: Float[Array, "*rows"]  # Σ½(y − least-squares line)²/N
    beyond: Float[Array, "*rows"]  # Σ½y²/N over all other examples


class HalfLines(NamedTuple):
    """Every half-line of a training set, and an index that finds the one a neuron is active on.

    Row c of `rows` is the upper half-line without the c smallest inputs, row examples + 1 + c the lower
    one of the c smallest. The threshold −b/W falls into one of equal `buckets`, and the examples of that
    bucket are searched by bisection: as many probes as its most crowded bucket needs.
    """

    x: Float[Array, " padded"]  # in ascending order, and as many ∞ behind as probes can reach
    rows: Float[Array, "rows 4"]  # mean_x, mean_y, spread and rise: few, so that what is read stays in cache
    errors: Float[Array, "rows 2"]  # the fields of Errors
    buckets: Int[Array, "buckets 2"]  # the number of examples below, and the bits of the first x to probe
    origin: Float[Array, ""]
    buckets_per_unit: Float[Array, ""]
    probes: Float[Array, " probes"]  # only its length counts, which must be static

    @property
    def num_examples(self) -> int:
        return self.rows.shape[0] // 2 - 1


def find_active_row(
    half_lines: HalfLines, weight: Float[Array, ""], bias: Float[Array, ""]
) -> Int[Array, ""]:
    """The row of the half-line of active examples (z > 0).

    It is found by the sign of the very z that autodiff computes, so that both take the same examples for
    active (where W·x does not underflow).
    """
    return _isolated(_search, half_lines, weight, bias)


def _search(half_lines: HalfLines, weight: Float[Array, ""], bias: Float[Array, ""]) -> Int[Array, ""]:
    num_examples, num_probes = half_lines.num_examples, half_lines.probes.shape[0]
    is_upper_active = ~(weight < 0)

    def probe(x: Float[Array, ""], reach: Int[Array, ""] | int, num_below: Int[Array, ""]) -> Int[Array, ""]:
        is_below = (weight * x + bias > 0) != is_upper_active
        return jnp.where(is_below, num_below + reach, num_below)

    def probe_again(i: Int[Array, ""], num_below: Int[Array, ""]) -> Int[Array, ""]:
        reach = jnp.left_shift(1, num_probes - 1 - i)
        x = _isolated(lambda half_lines, place: _read(half_lines.x, place), half_lines, num_below + reach - 1)
        return probe(x, reach, num_below)

    bucket = _isolated(_bucket, half_lines, weight, bias)
    num_below, bits = _isolated(
        lambda half_lines, bucket: _read(half_lines.buckets, bucket), half_lines, bucket
    )
    first_x = jax.lax.bitcast_convert_type(bits, half_lines.x.dtype)
    num_below = probe(first_x, 2 ** (num_probes - 1), num_below.astype(jnp.int32))
    # On a CPU what a turn of a loop finds is stored; unrolled, all later code would compute it again.
    is_unrolled = jax.default_backend() != "cpu"
    num_below = jax.lax.fori_loop(
        jnp.int32(1), jnp.int32(num_probes), probe_again, num_below, unroll=is_unrolled
    )
    num_below = jnp.minimum(num_below, num_examples)
    # A weight of 0 has no threshold: all examples share the sign of the bias.
    no_threshold = jnp.where(bias > 0, 0, num_examples)
    num_below = jnp.where(weight == 0, no_threshold, num_below)
    return jnp.where(is_upper_active, num_below, num_below + num_examples + 1)


def _bucket(half_lines: HalfLines, weight: Float[Array, ""], bias: Float[Array, ""]) -> Int[Array, ""]:
    """The bucket that the threshold falls into."""
    last = half_lines.buckets.shape[0] - 1
    place = (-bias / weight - half_lines.origin) * half_lines.buckets_per_unit
    # What is not a number goes to the first bucket. Equal inputs are all in it: an infinite threshold times
    # their 0 buckets per unit is not a number, and the probes find its side.
    return jnp.where(place > 0, jnp.minimum(place, last), 0).astype(jnp.int32)


def other_row(half_lines: HalfLines, row: Int[Array, ""]) -> Int[Array, ""]:
    """The row of all other examples."""
    half = half_lines.num_examples + 1
    return jnp.where(row < half, row + half, row - half)


def examples_below(half_lines: HalfLines, row: Int[Array, ""]) -> Int[Array, ""]:
    """The number of examples below the threshold of a row."""
    num_examples = half_lines.num_examples
    return jnp.where(row <= num_examples, row, row - (num_examples + 1))


def num_examples_on(half_lines: HalfLines, row: Int[Array, ""]) -> Int[Array, ""]:
    """The number of examples on the half-line of a row."""
    num_examples = half_lines.num_examples
    return jnp.where(row <= num_examples, num_examples - row, row - (num_examples + 1))


def half_line(half_lines: HalfLines, row: Int[Array, ""]) -> tuple[HalfLine, Errors]:
    """The half-line of a row, and what it adds to the loss."""
    moments, errors = _read(half_lines.rows, row), _read(half_lines.errors, row)
    share = num_examples_on(half_lines, row).astype(moments.dtype) / half_lines.num_examples
    return HalfLine(share, *moments), Errors(*errors)


def _isolated(function: Callable[..., Result], half_lines: HalfLines, *arguments: Array) -> Result:
    """`function(half_lines, *arguments)`, on a CPU in a branch of its own, which is always taken.

    So XLA does not fuse a reading of a table with the arithmetic around it. It would make one loop of both,
    and where a processor cannot gather with vectors (AVX2), the arithmetic would be done for one neuron at a
    time too, which doubles a step's time.
    """
    if jax.default_backend() != "cpu":
        return function(half_lines, *arguments)

    def never(half_lines: HalfLines, *arguments: Array) -> Result:
        return jax.tree.map(jnp.zeros_like, jax.eval_shape(function, half_lines, *arguments))

    # The origin is an input: always finite, which the compiler cannot know.
    return jax.lax.cond(jnp.isfinite(half_lines.origin), function, never, half_lines, *arguments)


def _read(table: Array, row: Int[Array, ""]) -> Array:
    return table.at[row].get(mode="promise_in_bounds", wrap_negative_indices=False)


def count_probes(x: np.ndarray, precision: str) -> int:
    """The probes that the half-lines of inputs x[examples] need: the only size that depends on the values."""
    return _index(np.sort(np.asarray(x, precision), kind="stable"))[-1]


def find_half_lines(x: np.ndarray, y: np.ndarray, precision: str, num_probes: int = 0) -> HalfLines:
    """The half-lines of examples with inputs x[examples] and targets y[examples].

    Sums are taken in float64 of the examples as they are in the precision, then rounded. With more
    probes than are needed the same rows are found: tables of one shape then serve several data sets.
    """
    x, y = (np.asarray(values, precision) for values in (x, y))
    # Equal inputs keep their order, so that sums are the same everywhere.
    order = np.argsort(x, kind="stable")
    x, y = (values[order].astype(np.float64) for values in (x, y))
    with ThreadPoolExecutor(1) as another_core:
        from_above = another_core.submit(_running, x[::-1], y[::-1], precision)
        below, residual_below = _running(x, y, precision)
        square_below = np.concatenate([[0.0], np.cumsum(0.5 * y**2)]) / len(x)
        square_above = square_below[-1] - square_below
        origin, buckets_per_unit, first, num_needed = _index(x.astype(precision))
        num_probes = max(num_probes, num_needed)
        above, residual_above = (values[::-1] for values in from_above.result())
    errors = (
        np.stack([residual_above, square_below], axis=1, dtype=precision),
        np.stack([residual_below, square_above], axis=1, dtype=precision),
    )
    x = np.concatenate([x, np.full(2**num_probes - 1, np.inf)]).astype(precision)
    bits = x.view(f"int{8 * x.itemsize}")
    arrays = {
        "x": x,
        "rows": np.concatenate([above, below]),
        "errors": np.concatenate(errors),
        "buckets": np.stack([first, bits[first + 2 ** (num_probes - 1) - 1]], axis=1, dtype=bits.dtype),
        "origin": origin,
        "buckets_per_unit": buckets_per_unit,
        "probes": np.zeros(num_probes, precision),
    }
    return HalfLines(**jax.device_put(arrays))


def _running(x: np.ndarray, y: np.ndarray, precision: str) -> tuple[np.ndarray, np.ndarray]:
    """A row of means, spread and rise for the first 0, 1, … examples, and their residuals.

    Each example adds to the spread and to the residual what it lies off the mean, and off the line, of
    those before it (Welford 1962; Brown, Durbin and Evans 1975): sums of squares, in which nothing cancels.
    """
    num_examples, count = len(x), np.arange(1.0, len(x) + 1)
    # From the first input on, so that equal inputs have a spread of exactly 0.
    off_x, off_y = x - x[0], y.copy()
    mean_x, mean_y = np.cumsum(off_x) / count, np.cumsum(off_y) / count
    off_x[1:] -= mean_x[:-1]
    off_y[1:] -= mean_y[:-1]
    weight = (count - 1) / count
    spread, product = np.cumsum(weight * off_x * off_x), np.cumsum(weight * off_x * off_y)
    slope = np.divide(product, spread, out=np.zeros_like(x), where=spread > 0)
    off_line = off_y
    off_line[1:] -= slope[:-1] * off_x[1:]
    # Off a line that has few examples to go by, or goes far beyond them, much is to be expected.
    expected = np.ones_like(x)
    np.divide(spread[:-1], spread[1:], out=expected[1:], where=spread[1:] > 0)
    residual = np.cumsum(0.5 * weight * expected * off_line**2) / num_examples
    rows = np.zeros((num_examples + 1, 4), precision)
    rounded_x, rounded_spread = rows[1:, 0], rows[1:, 2]
    rounded_x[:], rounded_spread[:] = mean_x + x[0], np.sqrt(spread / num_examples)
    # The line's height and rise where the mean and the spread are as they are rounded: far from 0 what
    # rounding takes from the mean is much of the gradient near the fit.
    rows[1:, 1] = mean_y + slope * (rounded_x - (mean_x + x[0]))
    rows[1:, 3] = slope * rounded_spread
    return rows, np.concatenate([[0.0], residual])


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
    num_buckets = min(2 ** int(np.ceil(np.log2(BUCKETS_PER_EXAMPLE * len(x)))), MAX_BUCKETS)
    reach = np.subtract(high, low, dtype=np.float64)
    # Inputs so close that their buckets per unit overflow share one bucket, as equal ones do.
    are_distinct = reach > num_buckets / np.finfo(x.dtype).max
    buckets_per_unit = x.dtype.type((num_buckets - 1) / reach if are_distinct else 0.0)

    def bucket_of(x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):  # what is infinitely far goes to the last bucket
            place = (x.astype(low.dtype) - low) * buckets_per_unit
        return np.clip(place, 0, num_buckets - 1).astype(np.int32)

    # Thresholds are rounded, and so is z: an example so close to one may lie on its other side.
    limits = np.finfo(x.dtype)
    margin = 4 * limits.eps * np.abs(x) + limits.tiny
    count = np.arange(len(x) + 1, dtype=np.int32)
    first = np.repeat(count, np.diff(bucket_of(x + margin), prepend=-1, append=num_buckets - 1))
    crowd = np.max(count[1:] - first[bucket_of(x - margin)])
    return low, buckets_per_unit, first, int(crowd).bit_length()
