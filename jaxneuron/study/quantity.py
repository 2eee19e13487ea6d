"""Quantities: the forms in which a study gives a hyperparameter or a starting value.

0.1                               a constant
[0.01, 0.1, 1.0]                  an axis of listed values; in Python any array of one dimension
[0.1, { linear = [1, 2], num = 9 }]   an axis of numbers and ranges, merged
{ linear = [-4, 4], num = 256 }   an axis of evenly spaced values
{ log = [1e-3, 10], num = 256 }   an axis of evenly spaced logarithms
{ uniform = [-1, 1] }             drawn by each neuron; also log_uniform = [low, high], normal = [mean, std]
"""

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import PlainSerializer, PlainValidator

from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.neuron.hyperparams import Meaning
from jaxneuron.population.axes import Axis, Linear, Log, Refined, Values
from jaxneuron.study.bad_input import nearest, shown
from jaxneuron.study.section import Kind

AXES: dict[str, type[Linear | Log]] = {"linear": Linear, "log": Log}
DRAWS = {"uniform": Uniform, "log_uniform": LogUniform, "normal": Normal}
DRAWN = tuple(DRAWS.values())
FORMS = (*AXES, *DRAWS)
NAMES = {form: name for name, form in (AXES | DRAWS).items()}
MOST_VALUES = 2**24
MOST_CELLS = 2**32  # fold_in takes 32 bits for the cell

# Each precision goes further; this leaves room for a ratio or a difference of two and for a normal's tails.
LARGEST = {"float32": 1e37, "float64": 1e150}


def parse(value: Any) -> Any:
    """The constant, axis or distribution that a value of a study stands for; ValueError if it is none."""
    if isinstance(value, Axis):
        return _checked_axis(value)
    if isinstance(value, DRAWN):
        return _checked_draw(value)
    if isinstance(value, Mapping):
        return _parse_table(value)
    value = _listed(value)
    if isinstance(value, (list, tuple)):
        return _parse_list(value)
    number = _number(value)
    if not math.isfinite(number):
        raise ValueError(f"it is {number!r}; it must be finite")
    return number


def _listed(value: Any) -> Any:
    """An array (of NumPy, JAX, pandas …) or a range as a list or a number; anything else as it is."""
    if not hasattr(value, "__array__") and not isinstance(value, range):
        return value
    if np.ma.is_masked(value):
        raise ValueError("holds masked values; an axis lists numbers")
    array = np.asarray(value)
    if array.ndim > 1:
        raise ValueError(f"is an array of the shape {array.shape}; an axis has one dimension")
    if array.dtype.kind in "mM":  # times, of which NumPy would make numbers
        raise ValueError(f"holds {array.dtype}; an axis lists numbers")
    return array.tolist()


def _parse_list(pieces: Sequence[Any]) -> Any:
    if any(isinstance(piece, (Mapping, Axis, list, tuple)) for piece in pieces):
        return _checked_axis(Refined(tuple(map(_parse_piece, pieces))))
    return _checked_axis(Values([_number(_listed(piece)) for piece in pieces]))


def _parse_piece(piece: Any) -> Any:
    is_list = isinstance(piece, (list, tuple)) and not isinstance(piece, DRAWN)
    parsed = None if is_list else parse(piece)
    if isinstance(parsed, (float, Linear, Log)):
        return parsed
    wrong = "drawn" if isinstance(parsed, DRAWN) else "a list in a list"
    raise ValueError(f"{shown(piece)} is {wrong}; an axis lists numbers and ranges (linear, log)")


def _parse_table(table: Mapping[str, Any]) -> Any:
    forms = [key for key in table if key in FORMS]
    if len(forms) != 1:
        unknown = [key for key in table if key not in (*FORMS, "num")]
        hint = nearest(unknown[0], FORMS) if unknown else f"; it needs one of {', '.join(FORMS)}"
        raise ValueError(f"{shown(dict(table))} is not a value, an axis or a distribution{hint}")
    form = forms[0]
    allowed = {form, "num"} if form in AXES else {form}
    for key in table:
        if key not in allowed:
            raise ValueError(f"unknown key {key!r} beside {form}{nearest(key, sorted(allowed - {form}))}")
    ends = _listed(table[form])
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise ValueError(f"{form} is {shown(ends)}; it must be a list of two numbers")
    first, second = (_number(_listed(end)) for end in ends)
    if form in AXES:
        if "num" not in table:
            raise ValueError(f"{form} needs num, the number of values")
        return _checked_axis(AXES[form](first, second, table["num"]))
    return _checked_draw(DRAWS[form](first, second))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError(f"{shown(value)} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{shown(value)} is too large") from None


def _checked_axis(axis: Any) -> Any:
    # Pieces are merged only where there are few enough of their values.
    num = sum(map(num_values, axis.pieces)) if isinstance(axis, Refined) else num_values(axis)
    if num > MOST_VALUES:
        raise ValueError(f"an axis has {num} values; it may have {MOST_VALUES}")
    return axis


def _checked_draw(draw: Any) -> Any:
    first, second = (_number(_listed(end)) for end in draw)
    name = NAMES[type(draw)]
    if not (math.isfinite(first) and math.isfinite(second)):
        raise ValueError(f"{name} has {first!r} and {second!r}; both must be finite")
    if isinstance(draw, Normal):
        if second < 0:
            raise ValueError(f"normal has the standard deviation {second!r}; it must be at least 0")
    elif not first < second:
        raise ValueError(f"{name} runs from {first!r} to {second!r}; the first end must be below the second")
    if isinstance(draw, LogUniform) and first <= 0:
        raise ValueError(f"log_uniform starts at {first!r}; both ends must be above 0")
    return type(draw)(first, second)


def describe(quantity: Any) -> Any:
    """The quantity as a study.toml would say it."""
    if isinstance(quantity, (Linear, Log)):
        return {NAMES[type(quantity)]: [quantity.start, quantity.stop], "num": quantity.num}
    if isinstance(quantity, DRAWN):
        return {NAMES[type(quantity)]: list(quantity)}
    if isinstance(quantity, Refined):
        return [describe(piece) for piece in quantity.pieces]
    return list(quantity) if isinstance(quantity, Values) else quantity


def num_values(axis: Any) -> int:
    """The number of values of an axis; a constant has one."""
    if isinstance(axis, Refined):
        return len(axis.values())
    return len(axis) if isinstance(axis, Values) else getattr(axis, "num", 1)


def check_size(quantity: Any, precision: str, meaning: Meaning | None) -> None:
    """ValueError where a precision cannot work with the numbers that give a hyperparameter, or a start, which
    has no meaning.

    Subnormal numbers are taken for 0: a neuron may start there, but not be trained with such a value. Nor may
    a value be rounded to the limit that it must be below.
    """
    if isinstance(quantity, Refined):
        for piece in quantity.pieces:
            check_size(piece, precision, meaning)
        return
    limit, high = meaning.high if meaning else math.inf, support(quantity).high
    if math.isfinite(limit) and np.dtype(precision).type(high) >= limit:
        raise ValueError(f"reaches {high!r}, which is {limit:g} in {precision}; it must be below {limit:g}")
    largest = LARGEST[precision]
    smallest = 0.0 if meaning is None else float(np.finfo(precision).tiny)
    if isinstance(quantity, (Log, LogUniform)):  # whose ratios need some room
        smallest = 1 / largest
    given = (quantity.start, quantity.stop) if isinstance(quantity, (Linear, Log)) else quantity
    for number in (given,) if isinstance(given, float) else given:
        if 0 < abs(number) < smallest or abs(number) > largest:
            raise ValueError(f"has {number!r}; {precision} can work with {smallest:.2g} to {largest:g}")


class Support(NamedTuple):
    """The smallest and the largest value a quantity can take."""

    low: float
    high: float


def support(quantity: Any) -> Support:
    """The range of a quantity's values; a normal distribution reaches both infinities."""
    if isinstance(quantity, Normal):
        return Support(-math.inf, math.inf)
    if isinstance(quantity, (Uniform, LogUniform)):
        return Support(*quantity)
    if isinstance(quantity, (Linear, Log)):
        return Support(quantity.start, quantity.stop)
    if isinstance(quantity, Values):
        return Support(quantity[0], quantity[-1])
    if isinstance(quantity, Refined):
        lows, highs = zip(*map(support, quantity.pieces), strict=True)
        return Support(min(lows), max(highs))
    return Support(quantity, quantity)


def check_range(name: str, given: Support, meaning: Meaning) -> None:
    """ValueError where values are outside of the range of a hyperparameter."""
    is_low = given.low <= meaning.low if meaning.is_open else given.low < meaning.low
    if is_low or (math.isfinite(meaning.high) and given.high >= meaning.high):
        reached = given.low if is_low else given.high
        raise ValueError(f"{name}: reaches {reached!r}; it must be {limits_in_words(meaning)}")


def limits_in_words(meaning: Meaning) -> str:
    """'at least 0 and below 1' of a hyperparameter; '' where it may be any number."""
    low = f"{'above' if meaning.is_open else 'at least'} {meaning.low:g}" if meaning.low > -math.inf else ""
    high = f"below {meaning.high:g}" if meaning.high < math.inf else ""
    return " and ".join(filter(None, [low, high]))


def largest_magnitude(quantity: Any) -> float:
    """The largest magnitude of a quantity's values; of a normal distribution one in 10²³ draws exceeds it."""
    if isinstance(quantity, Normal):
        return abs(quantity.mean) + 10 * quantity.std
    return max(map(abs, support(quantity)))


Quantity = Annotated[
    float | Axis | Normal | Uniform | LogUniform,
    PlainValidator(parse),
    PlainSerializer(describe),
    Kind("quantity"),
]
