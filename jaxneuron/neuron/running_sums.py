"""The making of half-lines: running sums over the sorted examples, and an index of buckets."""

from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np

from jaxneuron.neuron.half_lines import HalfLines

# More buckets make fewer probes, as long as their table stays in a core's cache.
BUCKETS_PER_EXAMPLE = 16
MAX_BUCKETS = 2**18
# A range of buckets that needs no more probes is good enough.
FEW_PROBES = 4


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
