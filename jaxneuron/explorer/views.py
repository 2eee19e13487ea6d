"""What a page asks to see, checked: it comes from a browser, and may be anything."""

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxneuron.explorer.known_data import KnownData
from jaxneuron.neuron.hyperparams import MEANINGS, STARTS
from jaxneuron.study.bad_input import BadInput, nearest, shown
from jaxneuron.study.study import Study
from jaxneuron.study.window import Span, Window

AXES = (*MEANINGS, *STARTS)
MOST_CELLS, MOST_REPLICATES, MOST_NEURONS = 1024, 64, 2**22
TABLES = ("data", "neuron", "training", "sweep")
END = "the end is reached: not even float64 tells neighbours apart here"


class View(NamedTuple):
    """The tables of a study, a window onto it, and the quantity that is shown of its cells."""

    tables: Mapping[str, Mapping[str, Any]]
    window: Window
    quantity: str

    def study(self, known: KnownData, *, precision: str | None = None) -> Study:
        """The study whose cells are those of the picture, in the precision that tells them apart, or in one
        that is given."""
        precision = precision or self.precision
        if precision is None:
            raise BadInput(END)
        data = known.data(self.tables.get("data"))
        return self.window.study({**self.tables, "data": data}, precision=precision)

    @property
    def precision(self) -> str | None:
        """The precision in which neighbours are told apart, from the one that is asked for on."""
        training = self.tables.get("training", {})
        asked = "float64" if training.get("method") == "jumps" else training.get("precision")
        return self.window.precision(None if asked == "float32" else asked)


def read_json(body: bytes) -> dict[str, Any]:
    """A table of JSON; BadInput where it is none, or has numbers that are not finite."""
    try:
        found = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the request is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise BadInput(f"the request is {shown(found)}; it must be a table")
    return found


def read_view(given: Any) -> View:
    """A view as the page sends it: {study, x, y, cells, quantity}."""
    given = _table(given, "view")
    tables = _table(given.get("study"), "study")
    for name, table in tables.items():
        if name not in TABLES:
            raise BadInput(f"study: has no table {shown(name)}{nearest(name, TABLES)}")
        _table(table, name)
    columns, rows = _cells(given.get("cells"))
    replicates = tables.get("sweep", {}).get("replicates", 1)
    if not isinstance(replicates, int) or not 1 <= replicates <= MOST_REPLICATES:
        raise BadInput(
            f"sweep.replicates: is {shown(replicates)}; in a picture it may be 1 to {MOST_REPLICATES}"
        )
    if columns * rows * replicates > MOST_NEURONS:
        # Of many replicates fewer cells: a picture is to come in a moment.
        fewer = math.sqrt(MOST_NEURONS / (columns * rows * replicates))
        columns, rows = max(1, int(columns * fewer)), max(1, int(rows * fewer))
    window = Window(_span(given.get("x"), "x"), _span(given.get("y"), "y"), columns, rows)
    window.axes()  # which are refused here, where they are wrong
    quantity = given.get("quantity", "fate")
    if not isinstance(quantity, str):
        raise BadInput(f"quantity: is {shown(quantity)}; it must be a name")
    return View(tables, window, quantity)


def index_below(given: Any, number: int, name: str) -> int:
    """A whole number from 0 on, and below another."""
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < number:
        raise BadInput(f"{name}: is {shown(given)}; it must be a whole number from 0 to {number - 1}")
    return given


def _span(given: Any, which: str) -> Span:
    given = _table(given, which)
    name, is_log = given.get("name"), given.get("isLog", False)
    if name not in AXES:
        raise BadInput(f"{which}: {shown(name)} is no quantity that can be an axis{nearest(str(name), AXES)}")
    low, high = (_number(given.get(end), f"{which}.{end}") for end in ("low", "high"))
    if not isinstance(is_log, bool):
        raise BadInput(f"{which}.isLog: is {shown(is_log)}; it must be true or false")
    return Span(name, low, high, is_log)


def _cells(given: Any) -> tuple[int, int]:
    if not isinstance(given, list) or len(given) != 2:
        raise BadInput(f"cells: is {shown(given)}; it must be the numbers of columns and rows")
    columns, rows = (
        1 + index_below(number - 1 if type(number) is int else number, MOST_CELLS, "cells")
        for number in given
    )
    return columns, rows


def _table(given: Any, name: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadInput(f"{name}: is {shown(given)}; it must be a table")
    return given


def _number(given: Any, name: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise BadInput(f"{name}: is {shown(given)}; it must be a number")
    try:
        return float(given)
    except OverflowError:
        raise BadInput(f"{name}: is too large") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
