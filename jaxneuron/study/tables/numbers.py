"""Text as numbers: one syntax, and a kind for each text that is not of it.

A number is written in ASCII: a sign, digits, a point, an exponent; 1_000, 0x10 and 1d5 are none. What is not
exactly the number that is written, because float64 cannot hold it, is none either.
"""

import re
from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from jaxneuron.study.arrays import LARGEST_EXACT
from jaxneuron.study.tables.dialect import Dialect

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
WHOLE = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
PLAIN = b"0123456789+-.eE \t\n"  # of these characters alone `float` takes the syntax above and no other
# Three digits behind one comma or point: 1,234 may be 1234.
ONE_GROUP = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
CLEAR_POINT = re.compile(r"(?m)^ *[+-]?(?:\.|0+\.|[0-9]{4,}\.|[0-9]+\.(?![0-9]{3} *$))")
TRUTH = {word: float(word.lower() == "true") for word in ("True", "TRUE", "true", "False", "FALSE", "false")}
# What pandas takes for missing.
MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"}
    | {"<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
)
THOUSANDS = {",": ",", ".": ".", "'": "'\u2019", " ": " \u00a0\u202f\u2009"}  # with what looks like them


class Kind(IntEnum):
    """What a text is."""

    NUMBER = 0
    MISSING = 1
    TRUTH = 2  # True or False, a number only where the whole column is of these
    DECIMAL_COMMA = 3  # a number if commas are decimal, and none otherwise
    ONE_GROUP = 4  # 1,234
    NO_NUMBER = 5
    INEXACT = 6  # a whole number that float64 cannot hold
    TOO_LARGE = 7
    TOO_SMALL = 8


class Column:
    """The numbers of a column and their kinds, gathered from its texts batch by batch."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self.name, self.dialect = name, dialect
        self.examples: dict[Kind, str] = {}  # the first text of each kind
        self.has_point = self.has_clear_point = False  # clear is one that separates no thousands
        self._values: list[np.ndarray] = []
        self._kinds: list[np.ndarray] = []
        self._missing = MISSING | set(dialect.missing_values)
        self._missing_numbers = [float(t) for t in dialect.missing_values if NUMBER.fullmatch(t)]
        self._groups = None
        if dialect.thousands is not None:
            point = {None: "[.,]", ",": ","}.get(dialect.decimal, r"\.")
            group = f"[{THOUSANDS[dialect.thousands]}]"
            rest = rf"((?:{point}[0-9]*)?(?:[eE][+-]?[0-9]+)?)"
            self._group = re.compile(group)
            self._groups = re.compile(rf"([+-]?[0-9]{{1,3}}(?:{group}[0-9]{{3}})+){rest}")

    @property
    def values(self) -> np.ndarray:
        """The numbers, NaN where there is none."""
        return np.concatenate([np.empty(0), *self._values])

    @property
    def kinds(self) -> np.ndarray:
        """The kind of each."""
        return np.concatenate([np.empty(0, np.int8), *self._kinds])

    def add(self, texts: Sequence[str]) -> None:
        """Gather more texts."""
        found = self._plain_numbers(texts)
        if found is None:
            found = [self._read(text) for text in texts]
            values, kinds = (np.array(of) for of in zip(*found, strict=True)) if found else (np.empty(0),) * 2
        else:
            values, kinds = found, np.zeros(len(found), np.int8)
            odd = np.flatnonzero(~(np.abs(values) < LARGEST_EXACT) | (values == 0))
            for i in map(int, odd):
                if texts[i] not in ("0", "0.0"):  # there may be many
                    values[i], kinds[i] = self._read(texts[i])
        self.add_numbers(values, kinds.astype(np.int8), texts)

    def add_numbers(
        self, values: np.ndarray, kinds: np.ndarray, texts: Sequence[object] | np.ndarray
    ) -> None:
        """Gather what is numbers already; `texts` are what an example is shown of."""
        kinds = np.where((kinds == Kind.NUMBER) & np.isin(values, self._missing_numbers), Kind.MISSING, kinds)
        self._values.append(np.where(kinds <= Kind.TRUTH, values, np.nan))
        self._kinds.append(kinds.astype(np.int8))
        for kind in map(Kind, np.unique(kinds)):
            if kind not in self.examples:
                self.examples[kind] = str(texts[int(np.argmax(kinds == kind))])

    def _plain_numbers(self, texts: Sequence[str]) -> np.ndarray | None:
        """The numbers, where all texts are plain ones: ten times as quick as one by one."""
        joined = "\n".join(texts)
        if self.dialect.decimal == ",":
            joined = joined.replace(".", "?").replace(",", ".")
            number, texts = len(texts), joined.split("\n")
            if len(texts) != number:
                return None
        is_plain = joined.isascii() and not joined.encode().translate(None, PLAIN)
        if self.dialect.thousands or not is_plain:
            return None
        try:
            values = np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            return None
        self._see_points(joined)
        return values

    def _read(self, text: str) -> tuple[float, Kind]:
        """The number that is written, NaN where it is none, and its kind."""
        text = text.strip()
        if text in self._missing:
            return np.nan, Kind.MISSING
        if text in TRUTH:
            return TRUTH[text], Kind.TRUTH
        plain = self._without_groups(text)
        if self.dialect.decimal == ",":
            plain = plain.replace(".", "?").replace(",", ".")
        if not NUMBER.fullmatch(plain):
            return np.nan, _kind_with_comma(plain) if self.dialect.decimal is None else Kind.NO_NUMBER
        self._see_points(plain)
        value = float(plain)
        return value, _exactness(plain, value)

    def _see_points(self, text: str) -> None:
        if not self.has_clear_point and "." in text:
            self.has_point, self.has_clear_point = True, CLEAR_POINT.search(text) is not None

    def _without_groups(self, text: str) -> str:
        """The text without separators of thousands, where these stand before each three digits."""
        if self._groups is None or not (groups := self._groups.fullmatch(text)):
            return text
        return self._group.sub("", groups[1]) + groups[2]


def _kind_with_comma(text: str) -> Kind:
    """The kind of what is no number unless its comma separates decimals."""
    if not NUMBER.fullmatch(text.replace(".", "?").replace(",", ".")):
        return Kind.NO_NUMBER
    return Kind.ONE_GROUP if ONE_GROUP.fullmatch(text) else Kind.DECIMAL_COMMA


def _exactness(text: str, value: float) -> Kind:
    """Whether a number is the one that is written, but for its last decimals."""
    if np.isinf(value):
        return Kind.TOO_LARGE
    if abs(value) >= LARGEST_EXACT and WHOLE.fullmatch(text):
        return Kind.NUMBER if int(text.split(".")[0]) == int(value) else Kind.INEXACT
    if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        return Kind.TOO_SMALL
    return Kind.NUMBER
