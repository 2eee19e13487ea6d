"""Small curves of one training as SVG that stands in a page and has the page's own text colour."""

import numpy as np

from jaxneuron.analysis.fit import fit
from jaxneuron.analysis.in_words import shortened
from jaxneuron.runner.training import Training
from jaxneuron.view.mosaic import SCREEN_COLOURS
from jaxneuron.view.notebook.markup import text

WIDTH, HEIGHT, MARGIN = 260, 120, 4
MOST_POINTS = 200


def loss_svg(training: Training) -> str:
    """The loss by steps, both by their logarithms."""
    losses = training.history.loss.values.astype(np.float64)
    known = np.isfinite(losses) & (losses > 0)
    floor = losses[known].min() if known.any() else 1.0
    rows = np.unique(np.geomspace(1, len(losses), 2 * MOST_POINTS).round().astype(int)) - 1
    steps = training.history.step.values[rows]
    with np.errstate(invalid="ignore"):
        y = np.log(np.where(np.isfinite(losses), np.maximum(losses, floor), np.nan))[rows]
    colour = SCREEN_COLOURS[training.fate]
    ends = f"{losses[0]:.3g} at step 0, {losses[-1]:.3g} at step {training.num_steps:,}"
    curve = _polyline(_placed(np.log1p(steps), *_ends(np.log1p(steps)), WIDTH), _up(y, *_ends(y)), colour)
    return _svg(f"Loss by steps, both logarithmic: {ends}", curve)


def fit_svg(training: Training) -> str:
    """The examples of one input, the neuron's output before training (dashed) and after it."""
    numbers = fit(training)
    some = np.linspace(0, len(numbers.data_x) - 1, min(len(numbers.data_x), MOST_POINTS)).round().astype(int)
    left, right = _ends(np.concatenate([numbers.x, numbers.data_x]))
    low, high = _ends(numbers.data_y)
    # An output may be far from the data; at most half of their height more is shown of it.
    room = (high - low) / 2
    shown = np.clip(numbers.outputs[[0, -1]], low - room, high + room)
    low, high = _ends(np.concatenate([numbers.data_y, shown[np.isfinite(shown)]]))
    points = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8"/>'
        for x, y in zip(
            _placed(numbers.data_x[some], left, right, WIDTH),
            _up(numbers.data_y[some], low, high),
            strict=True,
        )
    )
    every = slice(None, None, 4)
    x = _placed(numbers.x[every], left, right, WIDTH)
    before, after = (_up(numbers.outputs[i][every], low, high) for i in (0, -1))
    colour = SCREEN_COLOURS[training.fate]
    dashed = ' stroke-dasharray="3 4" opacity=".6"'
    lines = _polyline(x, before, "currentColor", dashed) + _polyline(x, after, colour)
    names = f"{shortened(numbers.y_label)} over {shortened(numbers.x_label)}"
    title = f"{names}, and the neuron's output: {training.fate.label}"
    return _svg(title, f'<g fill="currentColor" opacity=".35">{points}</g>{lines}')


def _svg(title: str, inner: str) -> str:
    name = text(title)
    return (
        f'<svg class="jaxneuron-curve" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{name}"><title>{name}</title>{inner}</svg>'
    )


def _polyline(x: np.ndarray, y: np.ndarray, colour: str, more: str = "") -> str:
    """A line, broken where it is not finite or leaves the picture."""
    is_shown = np.isfinite(y) & (y >= 0) & (y <= HEIGHT)
    pieces = np.split(np.arange(len(x)), np.flatnonzero(~is_shown))
    lines = ([f"{x[i]:.1f},{y[i]:.1f}" for i in piece if is_shown[i]] for piece in pieces)
    round_ends = 'stroke-linejoin="round" stroke-linecap="round"'
    style = f'fill="none" stroke="{colour}" stroke-width="2" {round_ends}{more}'
    # The last place twice: a line through one point would not be seen.
    return "".join(f'<polyline points="{" ".join([*line, line[-1]])}" {style}/>' for line in lines if line)


def _ends(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def _placed(values: np.ndarray, low: float, high: float, size: int) -> np.ndarray:
    part = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return MARGIN + part * (size - 2 * MARGIN)


def _up(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return HEIGHT - _placed(values, low, high, HEIGHT)
