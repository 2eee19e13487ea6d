"""A run or a training in a notebook: HTML without scripts, which has the notebook's own colour of text and
asks the network for nothing."""

import importlib.resources
from collections.abc import Callable

import numpy as np

from jaxneuron.analysis.deaths import Deaths
from jaxneuron.analysis.fit import fit
from jaxneuron.analysis.in_words import shortened, values_in_words
from jaxneuron.analysis.remedies import what_helps
from jaxneuron.analysis.rest import at_rest_in_words
from jaxneuron.analysis.run import Run
from jaxneuron.analysis.why import why
from jaxneuron.neuron.fate import Fate
from jaxneuron.runner.training import Training
from jaxneuron.study.counted import are, counted
from jaxneuron.view.notebook.images import figure_uri, thumbnail
from jaxneuron.view.notebook.markup import details, facts, table, table_of, text
from jaxneuron.view.palette import SCREEN_COLOURS
from jaxneuron.view.plots.canvas import DOUBLE_COLUMN
from jaxneuron.view.plots.fit import draw_fit
from jaxneuron.view.raster import ends_of
from jaxneuron.view.terminal.death_tables import deaths_tables
from jaxneuron.view.terminal.training_tables import active_label, training_summary
from jaxneuron.view.web.result_rows import best_rows, fate_rows
from jaxneuron.view.web.study_words import run_in_words, training_in_words

SHOWN_CELLS = 5
MOST_CELLS = 100_000  # whose best are found while somebody waits, in a second
SHOWN_STEPS = 3  # of the first, and of the last
SHOWN_WEIGHTS = 3
LONGEST_FORMULA, LONGEST_ERROR = 800, 300  # in letters


def run_html(run: Run) -> str:
    """A run as HTML: the fates with their intervals, a map of them, the study, and the best cells."""
    return _block(
        f'<p class="jaxneuron-title">Run {text(str(run.path))}</p>',
        '<div class="jaxneuron-columns">',
        _part("the fates", lambda: _fates(run)),
        _part("the map", lambda: _map(run)),
        "</div>",
        _part("what was asked", lambda: facts(run_in_words(run))),
        _part("the best cells", lambda: _best(run)),
    )


def training_html(training: Training) -> str:
    """A training as HTML: the fitted neuron, its fate, the figure of its loss and fit, and some steps."""
    return _block(
        '<p class="jaxneuron-title">Training of one neuron</p>',
        _part("the neuron", lambda: _neuron(training)),
        _part("the loss and the fit", lambda: _figure(training)),
        _part("the steps", lambda: details("First and last steps", _steps(training))),
        _part("what was asked", lambda: details("What was asked", facts(_asked(training)))),
    )


def deaths_html(deaths: Deaths) -> str:
    """The deaths of a run as HTML: the tables that the command line prints."""
    return _block(*map(table_of, deaths_tables(deaths)))


def _block(*parts: str) -> str:
    style = (importlib.resources.files("jaxneuron.view.notebook") / "notebook.css").read_text("utf-8")
    return f'<div class="jaxneuron"><style>{style}</style>{"".join(parts)}</div>'


def _part(name: str, draw: Callable[[], str]) -> str:
    """A part of the page; or, where something on disk is missing or damaged, why it cannot be shown."""
    try:
        return draw()
    except Exception as error:
        why = text(f"{type(error).__name__}: {error}", LONGEST_ERROR)
        return f'<p class="jaxneuron-muted">{name} cannot be shown: {why}</p>'


def _swatch(fate: Fate) -> str:
    return f'<span class="jaxneuron-swatch" style="background:{SCREEN_COLOURS[fate]}"></span>'


def _fates(run: Run) -> str:
    """A bar of shares, and a row for each fate."""
    counts = run.pooled("fate_count").values
    rows = fate_rows(run)
    bar = "".join(
        f'<span style="width:{row["width"]};background:{SCREEN_COLOURS[fate]}"></span>'
        for fate, row in zip(Fate, rows, strict=True)
        if counts[fate]
    )
    words = ", ".join(f"{row['label']} {row['share']}" for row in rows)
    rows_of_fates = table(
        ["fate", "neurons", "share", "95 % interval"],
        (
            [_swatch(fate) + row["label"], *(row[key] for key in ("count", "share", "interval"))]
            for fate, row in zip(Fate, rows, strict=True)
        ),
    )
    remark = f'<p class="jaxneuron-muted">{run.weighting}</p>' if run.weighting else ""
    rest = f'<p class="jaxneuron-muted">{text(found)}</p>' if (found := at_rest_in_words(run)) else ""
    bar = f'<div class="jaxneuron-bar" role="img" aria-label="{words}">{bar}</div>'
    return f"<div>{bar}{rows_of_fates}{remark}{rest}</div>"


def _map(run: Run) -> str:
    found = thumbnail(run)
    if found is None:
        return ""
    right, *others = map(ends_of, found.axes)
    label, low, high = others[0] if others else ("share", "0 %", "100 %")
    arrow = " ↑" if others else ""
    remark = (
        f'<div class="jaxneuron-right jaxneuron-muted">{text(found.remark)}</div>' if found.remark else ""
    )
    return (
        f'<div class="jaxneuron-map"><div class="jaxneuron-up"><span>{high}</span>'
        f"<span>{text(label)}{arrow}</span><span>{low}</span></div>"
        f'<img alt="{text(found.description)}" src="{found.uri}">'
        f'<div class="jaxneuron-right"><span>{right.low}</span><span>{text(right.label)} →</span>'
        f"<span>{right.high}</span></div>{remark}</div>"
    )


def _best(run: Run) -> str:
    num_cells = run.design.num_cells
    if num_cells > MOST_CELLS:
        return f'<p class="jaxneuron-muted">{num_cells:,} cells: run.best() finds those that train best</p>'
    found = best_rows(run)
    rows = (
        [*row["place"], row["loss"], f"{row['converged']} ({row['interval']})"]
        for row in found["rows"][:SHOWN_CELLS]
    )
    cells = table([*found["head"], "median final loss", "converged (95 % interval)"], rows)
    note = f"{found['as_good']:,} of {counted(found['cells'], 'cell')} {are(found['cells'])} as good as any"
    return details("Best cells", f'{cells}<p class="jaxneuron-muted">{note}</p>')


def _neuron(training: Training) -> str:
    """The lines of the summary: the formula, then the fate with its colour."""
    *formula, fate = training_summary(training).plain.splitlines()
    lines = "<br>".join(text(line, LONGEST_FORMULA) for line in formula)
    reason = text(f"{why(training)} {what_helps(training)}".strip())
    return (
        f'<p class="jaxneuron-formula">{lines}</p><p>{_swatch(training.fate)}{text(fate)}</p>'
        f'<p class="jaxneuron-muted">{reason}</p>'
    )


def _figure(training: Training) -> str:
    """The loss by steps, and the neuron's output among the data before, during and after training."""
    plot = draw_fit(fit(training), DOUBLE_COLUMN)
    return f'<img class="jaxneuron-figure" alt="{text(plot.description)}" src="{figure_uri(plot)}">'


def _steps(training: Training) -> str:
    number, names = len(training.rows.step), training.data.inputs[:SHOWN_WEIGHTS]
    shown = np.unique([*range(min(number, SHOWN_STEPS)), *range(max(0, number - SHOWN_STEPS), number)])
    at = training.rows.at(shown)
    columns = (
        at.step,
        at.loss,
        *at.weight.T[: len(names)],
        at.bias,
        at.num_active,
    )
    weights = ["W"] if len(training.data.inputs) == 1 else [f"W {shortened(name)}" for name in names]
    rows = ([f"{step:,}", *(f"{value:.6g}" for value in row)] for step, *row in zip(*columns, strict=True))
    return table(["step", "loss", *weights, "b", active_label(training)], rows)


def _asked(training: Training) -> dict[str, str]:
    """The study of this neuron, with its own hyperparams in place of the axes that the study may have."""
    words = training_in_words(training)
    given = training.hyperparams.items()
    hyperparams = {name.replace("_", " "): values_in_words([value], 6)[0] for name, value in given}
    return {key: words[key] for key in ("data", "neuron", "training")} | hyperparams
