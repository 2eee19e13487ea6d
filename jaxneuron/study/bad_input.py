"""The one error of this floor: what is wrong, where, and what would be right, in one line."""

import difflib
from collections.abc import Iterable


class BadInput(ValueError):
    """Input that jaxneuron cannot work with. Its message is one line for the person who gave it."""


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean X?' for a misspelt name, otherwise '; known: X, Y, …'."""
    known = [str(k) for k in known]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
