"""HTML of words, tables and lists. Words from a data file are shown letter by letter, whatever they are."""

from collections.abc import Iterable, Mapping
from html import escape


def text(words: str, longest: int | None = None) -> str:
    """Words as HTML, what is longer than so many letters cut; what is no letter has a mark in its place."""
    if longest is not None and len(words) > longest:
        words = f"{words[: longest - 1]}…"
    return escape("".join(letter if letter.isprintable() else "�" for letter in words))


def details(name: str, inner: str) -> str:
    """HTML that is folded away under a name."""
    return f"<details><summary>{text(name)}</summary>{inner}</details>"


def facts(words: Mapping[str, str]) -> str:
    """A list of names and what they are."""
    rows = "".join(f"<dt>{text(key)}</dt><dd>{text(value)}</dd>" for key, value in words.items())
    return f'<dl class="jaxneuron-facts">{rows}</dl>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; its head is words, its cells are HTML."""
    names = "".join(f"<th>{text(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="jaxneuron-table"><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>'
