"""HTML of words, tables and lists. Names from a data file are shown letter by letter."""

from collections.abc import Iterable, Mapping
from html import escape

from rich.table import Table


def text(words: str, longest: int | None = None) -> str:
    """Words as HTML, cut to `longest` letters; a character that cannot be printed has a mark in its place."""
    if longest is not None and len(words) > longest:
        words = f"{words[: longest - 1]}…"
    return escape("".join(letter if letter.isprintable() else "�" for letter in words))


def details(name: str, inner: str) -> str:
    """HTML folded under a name."""
    return f"<details><summary>{text(name)}</summary>{inner}</details>"


def facts(words: Mapping[str, str]) -> str:
    """A list of names with their values."""
    rows = "".join(f"<dt>{text(key)}</dt><dd>{text(value)}</dd>" for key, value in words.items())
    return f'<dl class="jaxneuron-facts">{rows}</dl>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; its head is words, its cells are HTML."""
    names = "".join(f"<th>{text(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="jaxneuron-table"><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>'


def table_of(shown: Table) -> str:
    """A table of the terminal, with its title above and its caption below."""
    rows = zip(*(map(text, map(str, column.cells)) for column in shown.columns), strict=True)
    cells = table([str(column.header) for column in shown.columns], rows)
    title = f'<p class="jaxneuron-title">{text(str(shown.title))}</p>'
    caption = f'<p class="jaxneuron-muted">{text(str(shown.caption))}</p>'
    return f'{title}<div class="jaxneuron-wide">{cells}</div>{caption}'
