"""The tables [neuron], [training] and [sweep] of a study.toml. The string below each key is its reference,
which `jaxneuron keys` prints and docs/study-toml.md repeats."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainSerializer, PlainValidator, model_validator

from jaxneuron.neuron import jumps
from jaxneuron.neuron.choices import ACTIVATIONS, CONSTANT, OPTIMIZERS, SCHEDULES
from jaxneuron.neuron.draws import STANDARD_NORMAL
from jaxneuron.neuron.hyperparams import MEANINGS, Config
from jaxneuron.study.categories import check_batch_size, check_whole, named, one_or_more
from jaxneuron.study.quantity import Quantity, check_range, support
from jaxneuron.study.refine import Refine
from jaxneuron.study.section import Kind, Section

MOST_REPLICATES = 2**32  # as many as there are numbers of 32 bits, which fold_in takes
MOST_STEPS = 2**31 - 2


class Neuron(Section, place="[neuron]"):
    """What the neuron is and where its weight starts."""

    activation: Annotated[Any, one_or_more(named(ACTIVATIONS)), Kind("string, or list of strings")] = Field(
        default="relu",
        description=f"The function of z that is the output: {', '.join(ACTIVATIONS)}. Of a list, every "
        "entry is trained, and the list is a dim of the run.",
    )
    train_bias: bool = True
    """Whether the bias is trained; if not, it stays at its initial value."""
    init_weight: Quantity = STANDARD_NORMAL
    """The initial weight. A distribution is drawn from for each neuron and input; a number, or the value
    of an axis, is the weight of all inputs."""


def _whole_or_infinite(value: Any) -> Any:
    """A number of steps; "inf" is how one without end is kept in JSON."""
    if value in ("inf", math.inf):
        return math.inf
    check_whole(value, 0, "a whole number, or inf")
    return value


# Whole, or without end.
NumSteps = Annotated[
    int | float,
    PlainValidator(_whole_or_infinite),
    PlainSerializer(lambda value: "inf" if math.isinf(value) else value, when_used="json"),
    Kind("whole number, or inf"),
]


class Training(Section, place="[training]"):
    """How it is trained."""

    optimizer: Annotated[Any, one_or_more(named(OPTIMIZERS)), Kind("string, or list of strings")] = Field(
        default="sgd",
        description=f"How the gradient moves the params: {', '.join(OPTIMIZERS)}. Of a list, every entry "
        "is trained, and the list is a dim of the run; a hyperparameter is without effect on one that does "
        "not take it.",
    )
    method: Literal["steps", "jumps"] = "steps"
    """ "steps" takes one step after the other; "jumps" goes from one change of the active examples to the
    next, in float64 and for one input."""
    num_steps: NumSteps = 1000
    """How many steps are taken: at most 2³¹ − 2, by jumps 2⁵³, or inf, which is what becomes of each
    neuron in the end."""
    batch_size: Annotated[
        Any, one_or_more(check_batch_size), Kind("whole number, at least 1, or list of them")
    ] = None
    """Examples of a mini-batch, drawn with replacement by each neuron at each step. All examples are used
    unless it is given. Of a list, every entry is trained, and the list is a dim of the run."""
    schedule: Annotated[Any, one_or_more(named(SCHEDULES)), Kind("string, or list of strings")] = Field(
        default=CONSTANT,
        description=f"How the learning rate changes from step to step: {', '.join(SCHEDULES)}. Of a list, "
        "every entry is trained, and the list is a dim of the run.",
    )
    gradient: Literal["auto", "autodiff", "moments"] = "auto"
    """ "auto" uses moments where they can be had; "autodiff" uses jax.grad over the examples; "moments"
    insists."""
    precision: Literal["float32", "float64"] = "float32"
    """ "float32" or "float64"."""
    tolerance: float = Field(default=Config.tolerance, ge=0.0)
    """A neuron has converged when no component of its gradient is larger."""
    divergence_factor: float = Field(default=Config.divergence_factor, ge=1.0)
    """A neuron has diverged when its loss is above this × max(initial loss, ½·mean y²)."""
    silence_tolerance: float = Field(default=Config.silence_tolerance, ge=0.0)
    """A neuron is nearly silent when z is at most this × the root mean square of the targets on every
    example."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        most = jumps.MOST_STEPS if self.method == "jumps" else MOST_STEPS
        if self.num_steps == math.inf and self.method != "jumps":
            raise ValueError('num_steps: is inf; only method = "jumps" comes to an end without one')
        if most < self.num_steps < math.inf:
            raise ValueError(f"num_steps: is {self.num_steps}; it must be at most {most}")
        return self


class Points(Section, place="[sweep] points"):
    """A design that is not a grid: how many points, and how they are placed in the ranges of the sweep."""

    sobol: int | None = Field(default=None, ge=1, le=2**24)
    """The number of scrambled Sobol points (Owen 1998), at most 2²⁴."""
    random: int | None = Field(default=None, ge=1, le=2**24)
    """The number of independent points, at most 2²⁴."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.sobol is None) == (self.random is None):
            raise ValueError("sobol, random: exactly one of them must be given, a number of points")
        return self


class Sweep(Section, place="[sweep]"):
    """What differs between neurons, how many there are, and what is kept of them."""

    learning_rate: Quantity
    """The step size η."""
    init_bias: Quantity = 0.0
    """The initial bias."""
    momentum: Quantity | None = None
    """The share β of the velocity that is kept from step to step."""
    weight_decay: Quantity | None = None
    """The multiple λ of the params that is added to their gradient (adamw: to their update)."""
    beta1: Quantity | None = None
    """The decay of Adam's mean of the gradient."""
    beta2: Quantity | None = None
    """The decay of Adam's mean of the squared gradient."""
    decay: Quantity | None = None
    """The decay ρ of RMSProp's mean of the squared gradient."""
    epsilon: Quantity | None = None
    """What keeps the division by the root of the squared gradient finite: added to the root by adam and
    adamw, under it by rmsprop and adagrad."""
    negative_slope: Quantity | None = None
    """The slope of leaky_relu where z ≤ 0."""
    target_scale: Quantity | None = None
    """A factor γ of the target: the loss is the mean of ½(ŷ − γ·y)²."""
    final_rate: Quantity | None = None
    """The multiple α of the learning rate that a schedule ends at."""
    warmup: Quantity | None = None
    """The share of the steps in which warmup_cosine rises from 0."""
    step_every: Quantity | None = None
    """The share of the steps between two falls of the schedule step."""
    clip_norm: Quantity | None = None
    """The norm above which the gradient, of weight and bias together, is scaled down to it (Pascanu et
    al. 2013)."""
    points: Points | None = None
    """A design that is not a grid: sobol or random, a number of points."""
    refine: Refine | None = None
    """New cells where neighbouring ones differ, of ever finer grids: depth, quantity, by."""
    replicates: int = Field(default=1, ge=1, le=MOST_REPLICATES)
    """The neurons of each cell, at most 2³²."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """The seed of all that neurons draw, and of points; below 2³²."""
    records: Literal["cells", "neurons"] = "cells"
    """ "cells" keeps counts of each cell; "neurons" keeps a record of every neuron besides."""
    chunk_size: int | None = Field(default=None, ge=1, le=2**28)
    """The neurons of a chunk at most. Without it, 2²² on a GPU; on a CPU the next power of two from a
    sixteenth of the neurons on, between 2¹² and 2¹⁸."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, meaning in MEANINGS.items():
            quantity = getattr(self, name)
            if quantity is not None:
                check_range(name, support(quantity), meaning)
        return self
