"""Whether the values of an axis are told apart in a precision."""

import numpy as np

# Spacings of a precision that neighbours are at least apart. With fewer than four, cells are of uneven width,
# as their values are rounded; and rounding on the way moves the borders between fates by some spacings, which
# is not to be seen where one precision takes the place of the other.
FEWEST_SPACINGS = {"float32": 64, "float64": 4}


def tells_apart(values: np.ndarray, precision: str) -> bool:
    """Whether neighbours among increasing values are enough spacings apart in a precision."""
    with np.errstate(over="ignore", invalid="ignore"):  # infinities are no spacing apart
        rounded = values.astype(precision)
        steps = np.diff(rounded)
    spacing = np.spacing(np.maximum(abs(rounded[1:]), abs(rounded[:-1])))
    return bool(np.all(steps >= FEWEST_SPACINGS[precision] * spacing))
