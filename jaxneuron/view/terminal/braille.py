"""Lines in a terminal from dots of braille, two columns and four rows a character."""

import numpy as np

# Which bit of a braille character is which dot: [row, column].
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
FARTHEST = 1e6  # dots, which are still numbered exactly


def braille(dots: np.ndarray) -> list[str]:
    """Lines of characters from dots[rows, columns], whose numbers are multiples of 4 and 2; a blank where
    there is no dot."""
    rows, columns = dots.shape
    blocks = dots.reshape(rows // 4, 4, columns // 2, 2).astype(int)
    codes = np.einsum("rick,ik->rc", blocks, BITS)
    return ["".join(chr(0x2800 + code) if code else " " for code in line) for line in codes]


def line_dots(x: np.ndarray, y: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """The dots [rows, columns], from the top, of a line through points that are given as parts of the width
    and of the height; what lies outside is left out, and a point that is not finite breaks the line."""
    dots = np.zeros((rows, columns), bool)
    size = np.array([columns, rows])
    places = np.stack([x * columns, (1 - y) * rows], axis=1)
    places = np.clip(places, -FARTHEST, FARTHEST, out=places, where=np.isfinite(places))
    places = places if len(places) > 1 else places.repeat(2, axis=0)
    pairs = np.concatenate([places[:-1], places[1:]], axis=1)
    pairs = pairs[np.isfinite(pairs).all(1)]
    # Many steps may lie between the same two dots.
    pairs = np.unique(np.floor(pairs), axis=0) + 0.5
    for start, step, (first, last) in zip(
        pairs[:, :2], pairs[:, 2:] - pairs[:, :2], _inside(pairs, size), strict=True
    ):
        if first <= last:
            number = int(np.ceil(abs(step).max() * (last - first))) + 1
            places = start + np.linspace(first, last, number)[:, None] * step
            column, row = np.floor(places).astype(int).clip(0, size - 1).T
            dots[row, column] = True
    return dots


def _inside(pairs: np.ndarray, size: np.ndarray) -> np.ndarray:
    """From which part of the way to which each line is inside (Liang and Barsky 1984): [lines, 2]; the first
    is after the last where it never is."""
    start, step = pairs[:, :2], pairs[:, 2:] - pairs[:, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        ways = np.stack([-start / step, (size - start) / step])
    is_within = (start >= 0) & (start < size)
    stands = np.where(is_within, [[[-np.inf]], [[np.inf]]], [[[np.inf]], [[-np.inf]]])
    ways = np.where(step == 0, stands, np.sort(ways, axis=0))
    return np.stack([ways[0].max(1).clip(min=0), ways[1].min(1).clip(max=1)], axis=1)
