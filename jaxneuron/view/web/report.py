"""The report of a run, or of one neuron: the page's words and data, gathered from other files."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps

from jaxneuron.analysis.axes import shown_values
from jaxneuron.analysis.deaths import Deaths, deaths
from jaxneuron.analysis.ending import ended_in_words
from jaxneuron.analysis.in_words import columns_in_words, counts_in_words, part_in_words, steps_in_words
from jaxneuron.analysis.run import Run
from jaxneuron.runner.training import Training
from jaxneuron.study.counted import counted
from jaxneuron.view.web.lives import life_of, lives_of
from jaxneuron.view.web.map_data import map_data
from jaxneuron.view.web.page import render, write
from jaxneuron.view.web.result_rows import best_rows, death_rows, fate_rows
from jaxneuron.view.web.study_words import run_in_words, training_in_words

SHOWN_CURVES = 6

log = logging.getLogger(__name__)


def report(run: Run, path: Path, say: Callable[[str], Any] = lambda doing: None) -> dict[str, Any]:
    """Write the report of a run as one HTML file: {"bytes": its size, "lives": how many it holds}.

    The log warns where there are none, and says why. `say` is called with what is being done, which may take
    long.
    """
    say("counting deaths")
    found = deaths(run)
    lives, lives_note = lives_of(run, say)
    say("drawing the map")
    data = {"map": map_data(run), "lives": lives, "incidence": _incidence(found)}
    attrs = run.attrs["data"]
    training, neurons = run.study.training, counted(run.attrs["num_neurons"], "neuron")
    page = render(
        data,
        title=f"{neurons} on {columns_in_words(attrs['inputs'], attrs['target'])}",
        lead="; ".join(filter(None, [steps_in_words(training), part_in_words(run)])),
        fates=fate_rows(run),
        apart=counts_in_words(run),
        best=best_rows(run),
        deaths=death_rows(found),
        asked=run_in_words(run),
        lives_note=lives_note,
    )
    write(page, path)
    if lives is None:
        log.warning(f"{path}: {lives_note}")
    return {"bytes": path.stat().st_size, "lives": len(lives["list"]) if lives else 0}


def life_report(training: Training, path: Path) -> None:
    """Write the life of one neuron as one HTML file."""
    lives, note = life_of(training)
    data, study = training.data, training.study
    page = render(
        {"map": None, "lives": lives, "incidence": None},
        title=f"The life of one neuron on {columns_in_words(data.inputs, data.target)}",
        lead=f"{ended_in_words(training)}, by {study.training.optimizer}",
        fates=None,
        deaths=None,
        asked=training_in_words(training),
        lives_note=note,
    )
    write(page, path)


def _incidence(found: Deaths) -> dict[str, Any] | None:
    """Curves of the cumulative incidence of death at some values along the axis."""
    if not found.can_die or not found.dead.number.sum():
        return None
    shown = shown_values(len(found.neurons), SHOWN_CURVES)
    label = found.axis.label if found.axis else ""
    names = found.axis.in_words(shown, 3) if found.axis else ["all neurons"]
    # Viridis without its ends, which would not be seen on white or on black.
    colours = (255 * colormaps["viridis"](np.linspace(1 / 9, 7 / 9, len(shown)))[:, :3]).round()
    curves = [
        {"name": name, "colour": colour.tolist()}
        | {part: np.round(getattr(found.incidence, part)[i], 6).tolist() for part in ("share", "low", "high")}
        for i, colour, name in zip(shown, colours, names, strict=True)
    ]
    ends = [f"{curve['name']}: {curve['share'][-1]:.1%}" for curve in curves]
    words = (
        f"Share of all neurons that have fallen silent to the end of training by a step, at {len(curves)} "
        f"values of {label} ({'; '.join(ends)} at the end); bands are 95 % intervals."
        if found.axis
        else f"Share of all neurons that have fallen silent to the end of training by a step: {ends[0]} at "
        "the end; the band is the 95 % interval."
    )
    return {"steps": found.step.tolist(), "curves": curves, "label": label, "words": words}
