"""The one error of this floor: what is wrong, where, and what would be right, in one line."""

import difflib
from collections.abc import Iterable
from typing import Any

MOST_LISTED = 12
LONGEST = 2000  # letters of a message; a name may have a million


class BadInput(ValueError):
    """Input that jaxneuron cannot work with. Its message is one line for the person who gave it."""

    def __init__(self, message: str) -> None:
        # Names and values from files, which it repeats, may hold line breaks.
        super().__init__(visible(" ".join(message.splitlines())))


def visible(text: str) -> str:
    """The text for a terminal: what would move the cursor, change the window's title or turn the direction of
    what follows is written as in Python, such as \\x1b; and it is cut where it is very long."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 4 :]}"
    return text if text.isprintable() else "".join(map(_visible_letter, text))


def _visible_letter(letter: str) -> str:
    is_seen = letter.isprintable() or letter in "\n\u00a0"
    return letter if is_seen else letter.encode("unicode_escape").decode()


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean X?' for a misspelt name, otherwise '; known: X, Y, …'."""
    known = [str(k) for k in known]
    if close := difflib.get_close_matches(name, known, n=1, cutoff=0.6):
        return f"; did you mean {close[0]}?"
    more = [f"… ({len(known)})"] if len(known) > MOST_LISTED else []
    return f"; known: {', '.join(known[:MOST_LISTED] + more) or 'none'}"


def shown(value: Any) -> str:
    """A value that somebody gave, short enough for one line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
