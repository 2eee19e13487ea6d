"""One neuron's training in a terminal: its path over the loss, or with several inputs its loss by steps."""

import numpy as np

from jaxneuron.analysis.ending import ended_in_words
from jaxneuron.runner.training import Training
from jaxneuron.view.palette import SCREEN_COLOURS
from jaxneuron.view.raster import EMPTY, Ends, Ink, line_squares
from jaxneuron.view.terminal.picture import Picture, half_blocks, margin_of
from jaxneuron.view.terminal.surface import surface_picture

LEAST_LINES = 4


def training_picture(training: Training, width: int, height: int) -> Picture:
    """A training for a terminal of so many columns and lines: as wide as the terminal, and half as high."""
    lines = max(LEAST_LINES, height // 2 - 3)
    ended = ended_in_words(training).capitalize()
    if len(training.data.inputs) == 1:
        return surface_picture(training, f"{ended}: its path over the loss", width, lines)
    return _loss_picture(training, f"{ended}: its loss by steps", width, lines)


def _loss_picture(training: Training, title: str, width: int, lines: int) -> Picture:
    """The loss by steps, both by their logarithms; step 0 has its place to the left of step 1."""
    losses = training.rows.loss.astype(np.float64)
    known = losses[np.isfinite(losses) & (losses > 0)]
    low, high = (float(f(known)) if known.size else 1.0 for f in (np.min, np.max))
    up = Ends("loss, mean of ½(ŷ − y)² (log)", f"{low:.3g}", f"{high:.3g}")
    columns = max(8, width - margin_of(up))
    x = np.log1p(np.arange(len(losses))) / (np.log(len(losses)) or 1.0)
    # A loss of 0 has no logarithm, and is shown as the lowest that has one.
    with np.errstate(invalid="ignore"):
        y = np.log(np.maximum(losses, low) / low) / (np.log(high / low) or 1.0)
    # Nothing of the curve lies on the picture's edge, which belongs to no square.
    is_drawn = line_squares(x * (1 - 1e-9), 1e-9 + y * (1 - 2e-9), columns, 2 * lines)
    ink = Ink(SCREEN_COLOURS[training.fate], "*", is_line=True)
    across = Ends("step (log)", "0", f"{training.num_steps:,}")
    return Picture(title, half_blocks(np.where(is_drawn, 0, EMPTY), [ink]), across, up, (), "", width)
