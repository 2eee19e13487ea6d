"""The error of bad input: what is wrong, where, and what would be right, in one line."""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

MOST_LISTED = 12
LONGEST = 2000  # letters of a message; a name may have a million


class BadInput(ValueError):
    """Input that jaxneuron cannot work with. Its message is one line for the person who gave it."""

    def __init__(self, message: str) -> None:
        # It repeats names and values from files, which may hold line breaks.
        super().__init__(visible(" ".join(message.splitlines())))


def visible(text: str) -> str:
    """The text for a terminal, cut where it is very long: letters that would move the cursor, change the
    window's title or turn the direction of what follows are written as in Python, such as \\x1b."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 4 :]}"
    if text.isprintable():
        return text
    seen = (letter.isprintable() or letter in "\n\u00a0" for letter in text)
    return "".join(c if s else c.encode("unicode_escape").decode() for c, s in zip(text, seen, strict=True))


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'X'?" for a misspelt name, otherwise '; known: X, Y, …'."""
    known = [str(k) for k in known]
    if close := difflib.get_close_matches(name, known, n=1, cutoff=0.6):
        return f"; did you mean {close[0]!r}?"
    more = [f"… ({len(known)})"] if len(known) > MOST_LISTED else []
    return f"; known: {', '.join(known[:MOST_LISTED] + more) or 'none'}"


def is_near(hint: str) -> bool:
    """Whether `nearest` has found a name that may be meant."""
    return hint.startswith("; did you mean")


def shown(value: Any) -> str:
    """A given value, short enough for one line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def named_rows(is_bad: np.ndarray) -> str:
    """'3 of 235 rows (12, 40, 41)', counted from 1 after the header; '' where there are none."""
    rows = np.flatnonzero(is_bad) + 1
    if len(rows) == 0:
        return ""
    listed = ", ".join(map(str, rows[:5])) + (", …" if len(rows) > 5 else "")
    return f"{len(rows)} of {len(is_bad)} rows ({listed})"
