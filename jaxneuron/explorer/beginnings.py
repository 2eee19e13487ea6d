"""What the page begins with: Engel's data, or a study, as tables in which nothing is an axis."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jaxneuron.explorer.known_data import HELD, SHIPPED_KEY, KnownData
from jaxneuron.explorer.situations import SITUATIONS, span_as_data
from jaxneuron.explorer.views import AXES
from jaxneuron.neuron.choices import ACTIVATIONS, OPTIMIZERS, SCHEDULES
from jaxneuron.neuron.draws import LogUniform
from jaxneuron.neuron.hyperparams import MEANINGS, STARTS, Hyperparams, label_of
from jaxneuron.population.axes import Axis, Linear, Log
from jaxneuron.study.quantity import DRAWN, describe, support
from jaxneuron.study.study import Study
from jaxneuron.study.window import TABLE_OF_START, Span

# Where an axis is looked at that no study gives.
USUAL = {
    "learning_rate": Span("learning_rate", 1e-3, 10.0, True),
    "init_bias": Span("init_bias", -4.0, 4.0, False),
    "init_weight": Span("init_weight", -4.0, 4.0, False),
    "momentum": Span("momentum", 0.0, 1.0, False),
    "weight_decay": Span("weight_decay", 1e-4, 10.0, True),
    "beta1": Span("beta1", 0.0, 1.0, False),
    "beta2": Span("beta2", 0.9, 1.0, False),
    "decay": Span("decay", 0.0, 1.0, False),
    "epsilon": Span("epsilon", 1e-12, 1.0, True),
    "negative_slope": Span("negative_slope", -1.0, 1.0, False),
    "target_scale": Span("target_scale", -2.0, 2.0, False),
    "final_rate": Span("final_rate", 0.0, 1.0, False),
    "warmup": Span("warmup", 0.0, 1.0, False),
    "step_every": Span("step_every", 0.0, 1.0, False),
    "clip_norm": Span("clip_norm", 1e-3, 10.0, True),
}
SHOWN = ("learning_rate", "init_bias")  # by default
ENGEL = {
    "data": {SHIPPED_KEY: "engel"},
    "neuron": {"activation": "relu", "init_weight": -1.0},
    "training": {"optimizer": "sgd", "num_steps": 1000},
    "sweep": {"replicates": 1, "seed": 0},
}
DEFINITIONS = {name: meaning.definition for name, meaning in MEANINGS.items()} | dict(STARTS)
LEFT_OUT = ("points", "records", "chunk_size")  # of [sweep]: a picture has its own
VALUES = Hyperparams(learning_rate=0.1)._asdict() | {
    "init_bias": 0.0,
    "init_weight": 1.0,
    "weight_decay": 0.01,
    "target_scale": 1.0,
    "final_rate": 0.1,
    "clip_norm": 1.0,
}


class Beginning(NamedTuple):
    """The tables of a study without axes, and where it is looked at first."""

    tables: Mapping[str, Mapping[str, Any]]
    x: Span
    y: Span
    quantity: str = "fate"


def beginning_of(study: Study | None, known: KnownData) -> Beginning:
    """What the page begins with: its first two axes, or ranges, are those of the map; all others are held in
    their middles, and of several data sets, activations, optimizers and the like there is the first."""
    if study is None:
        return Beginning(ENGEL, USUAL[SHOWN[0]], USUAL[SHOWN[1]])
    study = study.alternative(dict.fromkeys(study.categories, 0))
    spans = {name: _span(name, q) for name, q in study.quantities.items() if isinstance(q, Axis)}
    if study.sweep.points is not None:
        ranges = {n: q for n, q in study.quantities.items() if isinstance(q, DRAWN) and n != "init_weight"}
        spans |= {name: _span(name, quantity) for name, quantity in ranges.items()}
    x, y, *_ = [*spans.values(), *(USUAL[name] for name in SHOWN if name not in spans)]
    tables = {
        "data": {HELD: known.hold(study.data)},
        "neuron": study.neuron.model_dump(mode="json", exclude_unset=True),
        "training": study.training.model_dump(mode="json", exclude_unset=True),
        "sweep": study.sweep.model_dump(mode="json", exclude_unset=True, exclude=set(LEFT_OUT)),
    }
    for name, quantity in study.quantities.items():
        table = tables[TABLE_OF_START.get(name, "sweep")]
        if name in (x.name, y.name):
            table.pop(name, None)
        elif name in spans:
            table[name] = _middle(spans[name])
        else:
            table[name] = describe(quantity)
    return Beginning(tables, x, y)


def facts_of(beginning: Beginning) -> dict[str, Any]:
    """What the page has to know before it can ask for anything."""
    return {
        "study": beginning.tables,
        "x": span_as_data(beginning.x),
        "y": span_as_data(beginning.y),
        "quantity": beginning.quantity,
        "axes": [_axis(name) for name in AXES],
        "activations": list(ACTIVATIONS),
        "optimizers": {name: list(optimizer.takes) for name, optimizer in OPTIMIZERS.items()},
        "schedules": {name: list(schedule.takes) for name, schedule in SCHEDULES.items()},
        "situations": [situation.as_data() for situation in SITUATIONS],
    }


def _axis(name: str) -> dict[str, Any]:
    """What the page knows of a quantity that can be an axis."""
    meaning = MEANINGS.get(name)
    low, high = (meaning.low, meaning.high) if meaning else (-math.inf, math.inf)
    return {
        "name": name,
        "label": label_of(name),
        "definition": DEFINITIONS[name],
        "low": low if math.isfinite(low) else None,
        "high": high if math.isfinite(high) else None,
        "isOpen": bool(meaning and meaning.is_open),
        "canBeLog": low >= 0,
        "usual": span_as_data(USUAL[name]),
        "value": VALUES[name],
    }


def _span(name: str, quantity: Any) -> Span:
    """The stretch of an axis from edge to edge: half a cell beyond its ends."""
    if isinstance(quantity, DRAWN):
        low, high = support(quantity)
        if not (math.isfinite(low) and math.isfinite(high)):
            return USUAL[name]
        return Span(name, low, high, isinstance(quantity, LogUniform))
    values = quantity.values()
    if len(values) == 1:
        return USUAL[name]
    spans_decades = not isinstance(quantity, Linear) and values[0] > 0 and values[-1] >= 100 * values[0]
    is_log = isinstance(quantity, Log) or spans_decades
    low, high = np.log([values[0], values[-1]]) if is_log else (values[0], values[-1])
    half = (high - low) / (len(values) - 1) / 2
    low, high = (np.exp([low - half, high + half])) if is_log else (low - half, high + half)
    meaning = MEANINGS.get(name)
    if meaning is not None:
        low, high = max(low, meaning.low), min(high, meaning.high)
    return Span(name, float(low), float(high), bool(is_log))


def _middle(span: Span) -> float:
    return math.sqrt(span.low * span.high) if span.is_log else (span.low + span.high) / 2
