"""Axes of a grid: the values a hyperparameter or a starting value takes, made on the host in float64.

They are made by NumPy and handed to the device: `jnp.logspace` in float32 differs from it in most values.
"""

import dataclasses
import itertools
import math

import numpy as np

# Values whose relative difference is less are the same.
SAME = 8 * np.finfo(np.float64).eps


@dataclasses.dataclass(frozen=True)
class _Range:
    """`num` values from `start` to `stop`, both included; ValueError where there are no such values."""

    start: float
    stop: float
    num: int

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # numbers of NumPy or JAX, of which a run keeps the values
            if hasattr(value := getattr(self, field.name), "item"):
                object.__setattr__(self, field.name, value.item())
        name, start, stop, num = type(self).__name__.lower(), self.start, self.stop, self.num
        if isinstance(num, bool) or not isinstance(num, int) or num < 1:
            raise ValueError(f"num is {num!r}; it must be a whole number of at least 1")
        for end in (start, stop):
            if name == "log" and not end > 0:
                raise ValueError(f"a log axis has the end {end!r}; both ends must be above 0")
        if not (math.isfinite(start) and math.isfinite(stop)):
            raise ValueError(f"{name} runs from {start!r} to {stop!r}; both ends must be finite")
        if not (start < stop or (start == stop and num == 1)):
            raise ValueError(
                f"{name} runs from {start!r} to {stop!r}; the first end must be below the second"
            )


@dataclasses.dataclass(frozen=True)
class Linear(_Range):
    """`num` evenly spaced values from `start` to `stop`, both included."""

    def values(self) -> np.ndarray:
        return np.linspace(self.start, self.stop, self.num)


@dataclasses.dataclass(frozen=True)
class Log(_Range):
    """`num` values from `start` to `stop`, both included, each the same multiple of the one before."""

    def values(self) -> np.ndarray:
        return np.geomspace(self.start, self.stop, self.num)


class Values(tuple[float, ...]):
    """Listed values, in increasing order so that a map can be drawn of them."""

    __slots__ = ()

    def __new__(cls, values) -> "Values":
        listed = tuple(float(value) for value in values)
        if not listed:
            raise ValueError("an axis is an empty list; it needs at least one value")
        for value in listed:
            if not math.isfinite(value):
                raise ValueError(f"an axis holds {value!r}; every value must be finite")
        for before, after in itertools.pairwise(listed):
            if not before < after:
                raise ValueError(f"an axis has {after!r} after {before!r}; its values must increase")
        return super().__new__(cls, listed)

    def values(self) -> np.ndarray:
        return np.array(self)


@dataclasses.dataclass(frozen=True)
class Refined:
    """Numbers and ranges, mixed: the values of all of them in increasing order.

    A value of several pieces counts once. A grid that is refined around a point has some of its points again,
    but for the last bits, in which ranges round differently.
    """

    pieces: tuple[float | Linear | Log, ...]

    def __post_init__(self) -> None:
        if not self.pieces:
            raise ValueError("an axis is an empty list; it needs at least one value")
        for piece in self.pieces:
            if not isinstance(piece, _Range):
                Values([piece])

    def values(self) -> np.ndarray:
        pieces = (piece.values() if isinstance(piece, _Range) else [piece] for piece in self.pieces)
        values = np.unique(np.concatenate([*pieces]))
        is_new = np.diff(values, prepend=-np.inf) > SAME * np.abs(values)
        return values[is_new]


Axis = Linear | Log | Values | Refined
