"""Pictures of coloured characters in a terminal, with their axes and their legend; no line is too long."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.style import Style
from rich.text import Text

from jaxneuron.neuron.fate import Fate
from jaxneuron.view.palette import SCREEN_COLOURS
from jaxneuron.view.raster import Ends, Ink

# Rich would make the same brown of two fates where a terminal has 16 colours.
SIXTEEN_COLOURS = {
    SCREEN_COLOURS[Fate.diverged]: "red",
    SCREEN_COLOURS[Fate.born_dead]: "bright_black",
    SCREEN_COLOURS[Fate.died]: "magenta",
    SCREEN_COLOURS[Fate.converged]: "blue",
    SCREEN_COLOURS[Fate.unsettled]: "yellow",
}


class Glyph(NamedTuple):
    """A character with its colours, None the terminal's own; `plain` stands for it where there are none."""

    character: str
    front: str | None
    back: str | None
    plain: str


BLANK = Glyph(" ", None, None, " ")


class Entry(NamedTuple):
    """A part of a legend."""

    glyphs: tuple[Glyph, ...]
    text: str


class Picture(NamedTuple):
    """Rows of glyphs from the top, with the words around them."""

    title: str
    rows: list[list[Glyph]]
    right: Ends | None
    up: Ends | None
    legend: tuple[Entry, ...]
    remark: str
    width: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        has_no_colour = console.no_color or console.color_system is None or options.ascii_only
        colours = 0 if has_no_colour else 16 if console.color_system in ("standard", "windows") else 256
        yield from lines_of(self, colours)


def margin_of(up: Ends | None) -> int:
    """Columns to the left of the picture, which the ends of the axis upwards take."""
    return 0 if up is None else 1 + max(cell_len(up.low), cell_len(up.high))


def lines_of(picture: Picture, colours: int) -> list[Text]:
    """The picture's lines for a terminal of so many colours, none of them wider than the picture's width."""
    up, margin, width = picture.up, margin_of(picture.up), picture.width
    lines = [Text(fitted(picture.title, width), style="bold")]
    if up is not None:
        lines.append(Text(fitted(f"{up.label} ↑", width)))
    for i, glyphs in enumerate(picture.rows):
        end = up.high if up and i == 0 else up.low if up and i == len(picture.rows) - 1 else ""
        line = Text(end.rjust(margin - 1) + " " if margin else "")
        lines.append(line.append_text(_drawn(glyphs, colours)))
    indent = " " * margin
    if picture.right is not None:
        lines.append(Text(indent + _below(picture.right, len(picture.rows[0]), width - margin)))
    lines += _legend(picture.legend, width, colours)
    lines += [Text(part, style="dim") for part in _wrapped(picture.remark, width)]
    return [_in_one_line(line, width) for line in lines]


def half_blocks(squares: np.ndarray, inks: Sequence[Ink]) -> list[list[Glyph]]:
    """Two rows of squares a line: `squares[row, column]` is a place in `inks`, −1 an empty square."""
    if len(squares) % 2:
        squares = np.vstack([np.full((1, squares.shape[1]), -1), squares])
    of = [*inks, None]  # the last is that of −1
    lines = zip(squares[::2].tolist(), squares[1::2].tolist(), strict=True)
    return [
        [_half_block(of[top], of[bottom], i) for i, (top, bottom) in enumerate(zip(*line, strict=True))]
        for line in lines
    ]


def _half_block(top: Ink | None, bottom: Ink | None, column: int) -> Glyph:
    """One character for two squares; without colours that of a line, or of either square in every other
    column, so that no row is lost."""
    inks = [ink for ink in (top, bottom) if ink is not None]
    if not inks:
        return BLANK
    plain = next((ink for ink in inks if ink.is_line), inks[column % len(inks)]).plain
    if top is None:
        return Glyph("▄", inks[0].colour, None, plain)
    return Glyph("▀", top.colour, bottom.colour if bottom else None, plain)


def swatch(ink: Ink) -> Glyph:
    """An ink in a legend."""
    return Glyph("█", ink.colour, None, ink.plain)


def fitted(name: str, width: int) -> str:
    """A name in one line of no more than a width, without the characters that a terminal would obey."""
    text = Text("".join(letter if letter.isprintable() else "�" for letter in name))
    text.truncate(max(width, 0), overflow="ellipsis")
    return text.plain[: max(width, 0)]


def _drawn(glyphs: Iterable[Glyph], colours: int) -> Text:
    if not colours:
        return Text("".join(glyph.plain for glyph in glyphs))
    text = Text()
    for (front, back), alike in itertools.groupby(glyphs, lambda glyph: (glyph.front, glyph.back)):
        if colours == 16:
            front, back = (SIXTEEN_COLOURS.get(colour or "", colour) for colour in (front, back))
        text.append("".join(glyph.character for glyph in alike), Style(color=front, bgcolor=back))
    return text


def _below(axis: Ends, columns: int, width: int) -> str:
    """The ends of the axis to the right under the ends of the picture, its label between them."""
    span = max(columns, min(width, sum(map(cell_len, axis)) + 5))
    room = span - cell_len(axis.low) - cell_len(axis.high) - 2
    label = fitted(f"{axis.label} →", room) if room > 1 else ""
    if room < 0:
        return fitted(f"{axis.low} → {axis.high}", width)
    gap = room - cell_len(label)
    return f"{axis.low} {' ' * (gap // 2)}{label}{' ' * (gap - gap // 2)} {axis.high}"


def _legend(entries: Iterable[Entry], width: int, colours: int) -> list[Text]:
    lines = [Text()]
    for entry in entries:
        item = _drawn(entry.glyphs, colours)
        item.append(f" {fitted(entry.text, width - item.cell_len - 1)}" if entry.text else "")
        if lines[-1] and lines[-1].cell_len + 3 + item.cell_len > width:
            lines.append(Text())
        lines[-1].append("   " if lines[-1] else "").append_text(item)
    return [line for line in lines if line]


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        word = fitted(word, width)
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return [line for line in lines if line]


def _in_one_line(line: Text, width: int) -> Text:
    line.truncate(width)
    line.no_wrap, line.overflow = True, "ignore"
    return line
