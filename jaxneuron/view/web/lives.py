"""Lives: neurons that are trained again, with the steps of each that the page shows."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jaxneuron.analysis.activation_curve import activation_curve
from jaxneuron.analysis.axes import label_of
from jaxneuron.analysis.explain import preactivations
from jaxneuron.analysis.gallery import gallery, sample
from jaxneuron.analysis.in_words import shortened
from jaxneuron.analysis.remedies import what_helps
from jaxneuron.analysis.run import Run
from jaxneuron.analysis.surface import contours, loss_surface
from jaxneuron.analysis.units import is_scaled, units_of
from jaxneuron.analysis.why import why
from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.population.design import DATASET, POINT
from jaxneuron.runner.training import Rows, Training
from jaxneuron.study.bad_input import BadInput
from jaxneuron.view.web.encode import encode

# Of one input z is worked out on the page; of several it is written out, of fewer examples and steps.
SHOWN_EXAMPLES, SHOWN_EXAMPLES_OF_SEVERAL, SHOWN_WEIGHTS = 400, 60, 3
CONTOURS, PLACES = 10, 32  # of the loss around a path, and where along each of W and b it is looked at
LONGEST = 1_000_000  # steps of a training that is kept whole
FIRST_STEPS, SHOWN_STEPS, SHOWN_STEPS_OF_SEVERAL, AROUND, LAST_STEPS = 40, 200, 80, 5, 20


def lives_of(run: Run, say: Callable[[str], Any] = lambda doing: None) -> tuple[dict[str, Any] | None, str]:
    """(the lives of a run's gallery and of a sample of its cells, their note); None, with the reason, where
    its neurons cannot be trained again here."""
    try:
        program = run.program()
    except BadInput as error:
        return None, f"There are no lives here, as the neurons cannot be trained again: {error}."
    training = run.study.training
    if training.method == "steps" and (num_steps := training.num_steps) > LONGEST:
        return None, f"There are no lives here: {num_steps:,} steps are too many to be kept for each neuron."
    lives, titles = [], []
    say("training neurons of each kind again")
    for kind in gallery(run, program):
        titles.append({"number": len(lives), "title": kind.name})
        lives.append(_in_run(run, kind.training, kind.cell, kind.replicate, kind.name))
    places = {(life["cell"], life["replicate"]) for life in lives}
    chosen = [place for place in sample(run, program) if place not in places]
    for i, (cell, replicate) in enumerate(chosen):
        say(f"training a neuron of cell {i + 1} of {len(chosen)} again")
        training = program.follow(cell, replicate)
        lives.append(_in_run(run, training, cell, replicate, training.fate.label))
    note = (
        "Neurons of this run, trained again and shown step by step: one of each kind that there is, and one "
        f"of each of {len(chosen)} cells that lie evenly over the map{_where_else(run)}, each with the fate "
        "that most of its cell's neurons met. Click one of these on the map."
        if chosen
        else "A neuron of each kind that there is, trained again and shown step by step."
    )
    return _lives(lives, titles), note


def life_of(training: Training) -> tuple[dict[str, Any], str]:
    """(the life of one neuron, its note)."""
    life = _life(training) | {"title": training.fate.label, "place": {}, "category": {}, "point": None}
    return _lives([life], []), "Step by step."


def _where_else(run: Run) -> str:
    axes = [] if POINT in run.dims else [label_of(run, name) for name in run.design.coordinates][2:]
    parts = [f"in the middle of {', '.join(axes)}"] if axes else []
    parts += [f"of the first {label_of(run, name)}" for name in run.design.categories]
    return f" ({', '.join(parts)})" if parts else ""


def _lives(lives: list[dict[str, Any]], titles: list[dict[str, Any]]) -> dict[str, Any]:
    """Lives with what they share: the examples of each data set, and the curve of each activation."""
    for number, life in enumerate(lives):
        life["number"] = number
    examples = {life["dataset"]: life.pop("examples") for life in lives}
    curves = {life["activation"]: _curve(life["activation"]) for life in lives}
    return {"list": lives, "gallery": titles, "examples": examples, "curves": curves}


def _curve(activation: str) -> dict[str, Any] | None:
    """The curve of an activation; None where it is straight on either side of 0."""
    if ACTIVATIONS[activation].is_piecewise_linear:
        return None
    z, output, slope = activation_curve(activation)
    return {"low": z[0], "step": z[1] - z[0], "output": encode(output), "slope": encode(slope)}


def _in_run(run: Run, training: Training, cell: int, replicate: int, title: str) -> dict[str, Any]:
    category = run.design.category(cell)
    place = {name: float(value[0]) for name, value in run.design.values(np.array([cell])).items()}
    point = cell % run.cells.sizes[POINT] if POINT in run.dims else None
    where = {"cell": cell, "replicate": replicate, "point": point, "place": place, "category": category}
    return _life(training) | where | {"dataset": category.get(DATASET, 0), "title": title}


def _life(training: Training) -> dict[str, Any]:
    """The steps that are shown, with the numbers of each, and the examples."""
    is_one = len(training.data.inputs) == 1
    steps = shown_steps(training, SHOWN_STEPS if is_one else SHOWN_STEPS_OF_SEVERAL)
    at = training.rows.at([training.row_of(step) for step in steps])
    shown = shown_examples(training.data.x, is_one)
    numbers = {
        "step": steps.astype(np.float64 if steps[-1] >= 2**31 else np.int32),
        **{name: getattr(at, name) for name in ("loss", "bias", "grad_bias", "update_bias")},
        **{name: getattr(at, name)[:, :SHOWN_WEIGHTS] for name in ("weight", "grad_weight", "update_weight")},
        "num_active": at.num_active.astype(np.int32),
    }
    if not is_one:
        z = np.stack([preactivations(training, int(step))[shown] for step in steps])
        numbers["z"] = z.astype(np.float32)
        numbers |= _shifts(training, at)
    settings, neuron = training.study.training, training.study.neuron
    return {
        **{name: encode(values) for name, values in numbers.items()},
        "fate": training.fate.name,
        "why": f"{why(training)} {what_helps(training)}".strip(),
        "numSteps": training.num_steps,
        "events": {
            name: getattr(training, f"{name}_step")
            for name in ("death", "diverge", "settle")
            if getattr(training, f"{name}_step") > 0
        },
        "activation": neuron.activation,
        "canDie": ACTIVATIONS[neuron.activation].can_die,
        "slopeBelow": _slope_below(training),
        "targetScale": training.hyperparams.get("target_scale", 1.0),
        "trainBias": neuron.train_bias,
        "optimizer": settings.optimizer,
        "batchSize": settings.batch_size,
        "hyperparams": {_label(name): value for name, value in training.hyperparams.items()},
        "dataset": 0,
        "surface": _surface(training) if is_one and neuron.train_bias else None,
        "examples": _examples(training, shown),
    }


def _surface(training: Training) -> dict[str, Any]:
    """The part of the loss's surface that holds the path, and lines of the same loss there, one after another
    with NaN between them."""
    surface = loss_surface([training], PLACES, PLACES)
    lines = [part for line in contours(surface, CONTOURS) for part in (line, np.full((1, 2), np.nan))]
    places = np.concatenate(lines).astype(np.float32) if lines else np.zeros((0, 2), np.float32)
    return {
        "ranges": [[float(along[0]), float(along[-1])] for along in (surface.weight, surface.bias)],
        "weight": encode(places[:, 0]),
        "bias": encode(places[:, 1]),
    }


def _slope_below(training: Training) -> float | None:
    """The slope for z ≤ 0 of an activation that is straight there."""
    name = training.study.neuron.activation
    if not ACTIVATIONS[name].is_piecewise_linear:
        return None
    return float(activation_curve(name, training.hyperparams.get("negative_slope", 0.01)).slope[0])


def _label(name: str) -> str:
    return name.replace("_", " ")


def _examples(training: Training, shown: np.ndarray) -> Mapping[str, Any]:
    data = training.data
    return {
        "x": encode(data.x[shown, 0]),
        "y": encode(data.y[shown]),
        "total": len(data.y),
        "inputs": [shortened(name) for name in data.inputs],
        "target": shortened(data.target),
        "isScaled": is_scaled(training),
        "scaling": _scaling(training) if is_scaled(training) else None,
    }


def _scaling(training: Training) -> dict[str, Any]:
    """What turns the numbers of the weights that are shown into those in the data's units."""
    units = units_of(training)
    return {
        "xOffset": units.x_offset[:SHOWN_WEIGHTS].tolist(),
        "xScale": units.x_scale[:SHOWN_WEIGHTS].tolist(),
        "yOffset": units.y_offset,
        "yScale": units.y_scale,
        "fold": units.fold,
    }


def _shifts(training: Training, at: Rows) -> dict[str, np.ndarray]:
    """What the inputs' means take from the bias in the data's units, of all weights: not all are shown."""
    if not is_scaled(training):
        return {}
    x_offset, x_scale, *_ = training.data.scaling
    return {
        name: getattr(at, weight).astype(np.float64) @ (x_offset / x_scale)
        for name, weight in (("shift", "weight"), ("update_shift", "update_weight"))
    }


def shown_examples(x: np.ndarray, is_one: bool = True) -> np.ndarray:
    """Examples that lie evenly in the order of the first input."""
    most = SHOWN_EXAMPLES if is_one else SHOWN_EXAMPLES_OF_SEVERAL
    order = np.argsort(x[:, 0], kind="stable")
    places = np.linspace(0, len(x) - 1, min(len(x), most)).round().astype(int)
    return order[np.unique(places)]


def shown_steps(training: Training, number: int) -> np.ndarray:
    """Each of the first steps, then fewer and fewer; each one around a death, a divergence and the end."""
    if not training.is_whole:
        return training.rows.step
    last = training.num_steps
    spread = np.round(np.geomspace(FIRST_STEPS, max(FIRST_STEPS, last), number)).astype(int)
    events = [training.death_step, training.diverge_step, training.settle_step]
    around = [step + np.arange(-AROUND, AROUND + 1) for step in events if step >= 0]
    steps = np.concatenate([np.arange(FIRST_STEPS), spread, *around, last - np.arange(LAST_STEPS)])
    return np.unique(steps[(steps >= 0) & (steps <= last)])
