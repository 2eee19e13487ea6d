"""Warnings where a study's precision may decide what becomes of its neurons."""

import logging
import math

import numpy as np

from jaxneuron.neuron.choices import squares_gradient
from jaxneuron.neuron.draws import LogUniform, Uniform
from jaxneuron.population.axes import Axis
from jaxneuron.runner.program import Program
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import Dataset, standardise
from jaxneuron.study.quantity import largest_magnitude, support
from jaxneuron.study.study import Study

FEW = 256  # numbers that a range should hold at least

log = logging.getLogger(__name__)

FAR = 10.0  # standard deviations of a target, from 0 to its mean


def warn_of_precision(program: Program) -> None:
    """Warn in the log where the precision may decide what becomes of neurons."""
    _warn_of_rounding(program)
    _warn_of_squares(program)
    warn_of_equal_values(program.study)


def _warn_of_rounding(program: Program) -> None:
    """Warn where rounding leaves larger gradients than those that count as converged."""
    tolerance, precision = program.study.training.tolerance, program.study.training.precision
    data = max(program.datasets, key=lambda data: data.gradient_floor(precision))
    floor = data.gradient_floor(precision)
    if 0 < tolerance < floor:
        is_scaled = program.study.data.scale == "standard"
        helps = {
            'precision = "float64"': precision == "float32",
            'scale = "standard"': not is_scaled and _standardised_floor(data, precision) < tolerance,
        }
        remedies = ", ".join(remedy for remedy, does_help in helps.items() if does_help)
        remedies += " or " if remedies else ""
        log.warning(
            f"{data.source}: rounding in {precision} leaves gradients up to about {floor:.0e}, above the "
            f"tolerance of {tolerance:.0e}: neurons that have come to rest may be counted as unsettled; "
            f"{remedies}a larger tolerance avoids it{_of_target(data, is_scaled)}"
        )


def _standardised_floor(data: Dataset, precision: str) -> float:
    """The gradient floor of the same examples with scale = "standard"; infinite where it is refused."""
    try:
        return standardise(data).gradient_floor(precision)
    except BadInput:
        return math.inf


def _of_target(data: Dataset, is_scaled: bool) -> str:
    """That the target lies far from 0 beside its spread, if it does: no scale centres it."""
    mean, spread = abs(float(data.y.mean())), float(data.y.std())
    if mean <= FAR * spread or not spread:
        return ""
    why = ' (scale = "standard" divides by them, and does not centre the target)' if is_scaled else ""
    return (
        f". Column {data.target!r} lies {mean / spread:.0f} standard deviations from 0{why}: measured from a "
        "value near to its own it leaves smaller gradients"
    )


def _warn_of_squares(program: Program) -> None:
    """Warn where learning rates lead to gradients that are too large to be squared.

    Optimizers that square the gradient take steps of about the learning rate, whatever the gradient; some of
    them lead ten times as far. The gradient is about x·(W·x + b).
    """
    training, rate = program.study.training, program.study.quantities["learning_rate"]
    largest_x = max(1.0, *(float(np.abs(data.x).max(initial=0)) for data in program.datasets))
    most = math.sqrt(np.finfo(training.precision).max) / (10 * largest_x**2)
    largest = largest_magnitude(rate)
    optimizers = {study.training.optimizer for study in program.study.alternatives}
    if (squaring := sorted(filter(squares_gradient, optimizers))) and largest > most:
        log.warning(
            f"sweep.learning_rate: has {largest:.3g}; with inputs up to {largest_x:.3g} {squaring[0]} "
            f"can square gradients in {training.precision} up to about {most:.1g}: beyond, updates may be 0"
        )


def warn_of_equal_values(study: Study) -> None:
    """Warn where values of an axis, or all between the ends of a range, are few numbers in the precision."""
    precision = study.training.precision
    for name, quantity in study.quantities.items():
        where, wrong = f"{'neuron' if name == 'init_weight' else 'sweep'}.{name}", ""
        if isinstance(quantity, Axis):
            values = quantity.values()
            number = len(np.unique(values.astype(precision)))
            wrong = f"its {len(values):,} values are {number:,} different numbers" * (number < len(values))
        elif isinstance(quantity, (Uniform, LogUniform)):
            low, high = support(quantity)
            number = (high - low) / float(np.spacing(np.dtype(precision).type(largest_magnitude(quantity))))
            wrong = f"there are about {number:,.0f} numbers from {low!r} to {high!r}" * (number < FEW)
        if wrong:
            is_single = precision == "float32"
            remedy = 'precision = "float64" tells them apart' if is_single else "space them wider"
            log.warning(f"{where}: {wrong} in {precision}; {remedy}")
