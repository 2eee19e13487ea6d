"""Why a neuron's training ended as it did, in a sentence or two that say what the numbers show."""

import math
from typing import Any

import numpy as np

from jaxneuron.analysis.explain import preactivations
from jaxneuron.analysis.rest import is_at_rest
from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.runner.training import Training

LONGEST_PERIOD, TAIL = 64, 50
MOSTLY = 0.8  # the share of steps that counts as most of them


def why(training: Training) -> str:
    """The reason for the fate of a neuron in words, with its numbers."""
    reason = {
        Fate.born_dead: _born_dead,
        Fate.died: _died,
        Fate.converged: _converged,
        Fate.diverged: _diverged,
        Fate.unsettled: _unsettled,
    }[training.fate](training)
    if training.revivals:
        times = "once" if training.revivals == 1 else f"{training.revivals:,} times"
        reason += f" On its way it fell silent and came back {times}."
    if training.absorbed:
        reason += " It is proved that no later step can wake it."
    return reason


def _born_dead(training: Training) -> str:
    largest = _number(preactivations(training, 0).max())
    born = f"Before the first step z = W·x + b is at most {largest} on {_all(len(training.data.y))}"
    if _moved(training):
        return f"{born}; what moves W and b without a gradient never lifts z above 0 on any of them."
    return f"{born}: none passes a gradient, so W and b are never changed."


def _died(training: Training) -> str:
    step = training.death_step
    before = training.rows.at(training.row_of(step - 1))
    number, passing = len(training.data.y), _passing(training, int(before.num_active))
    thrown = (
        f"At step {step - 1:,}, where {passing} a gradient, the update moves {_moves(training, step - 1)}: "
        f"from step {step:,} on z = W·x + b is at most {_number(preactivations(training, step).max())} on "
        f"{_all(number)}, no gradient passes, and {_nothing_else(training)}."
    )
    return f"{thrown}{_beyond_limit(training, step - 1)}"


def _converged(training: Training) -> str:
    settled, active = training.settle_step, int(training.rows.num_active[-1])
    since = f"From step {settled:,} on" if settled >= 0 else "At the end"
    return (
        f"{since} no part of the gradient is above {_number(training.study.training.tolerance)}: the loss is "
        f"{_number(training.loss)}, and {_passing(training, active)} a gradient."
    )


def _diverged(training: Training) -> str:
    losses, steps = training.rows.loss, training.rows.step
    step = training.diverge_step
    row = training.row_of(step)
    finite = np.flatnonzero(np.isfinite(losses[: row + 1]))
    grown = ""
    if len(finite) >= 3 and losses[finite[-3]] > 0:
        first, last = finite[[-3, -1]]
        log_growth = (np.log(losses[last]) - np.log(losses[first])) / float(steps[last] - steps[first])
        growth = float(np.expm1(log_growth))
        grown = f"the loss grows {_above_1(growth)}-fold a step, and " if growth > 0 else ""
    reached = losses[row] if steps[row] == step else np.nan
    limit = training.study.training.divergence_factor
    beyond = (
        f"{'it' if grown else 'the loss'} is above {_number(limit)} times the larger of its start and "
        "½·mean y²"
        if np.isfinite(reached)
        else "W, b or the loss is not finite"
    )
    reason = f"{grown}from step {step:,} on {beyond}."
    return f"{reason[0].upper()}{reason[1:]}{_beyond_limit(training, max(step - 1, 0))}"


def _unsettled(training: Training) -> str:
    losses = training.rows.loss
    if training.study.training.method == "jumps":
        return _unsettled_by_jumps(training)
    if training.num_steps == 0:
        return f"No step was taken: the loss is {_number(training.loss)}, and its gradient is not 0."
    period = _period(training)
    if period == 1 or is_at_rest(training):
        return f"Its steps no longer change a bit of W and b, though {_stalled(training)}."
    if period:
        return f"It goes round in a cycle of {period} steps, with {_losses(losses[-period:])}."
    tail = losses[-TAIL:]
    turns = _turns(training)
    if len(tail) > 4 and turns >= MOSTLY * (len(tail) - 2):
        return (
            f"It jumps to and fro: {turns} of its last {len(tail) - 2:,} updates undo the direction of the "
            f"one before, with {_losses(tail)}."
        )
    number = max(1, training.num_steps // 10)
    last = losses[-1 - number :]
    before, after = float(last[0]), float(last[-1])
    if after < before and (np.diff(last) <= 0).mean() >= MOSTLY:
        fallen = f"{_number(100 * (1 - after / before), 2)} %"
        return (
            f"It is still on its way: in the last {_steps(number)} the loss fell by {fallen}, to "
            f"{_number(after)}, and the largest part of the gradient is {_number(training.gradient_norm)}."
        )
    return (
        f"It has not come to rest: the last {_steps(number)} have {_losses(last)}, and the largest part of "
        f"the gradient is {_number(training.gradient_norm)}."
    )


def _unsettled_by_jumps(training: Training) -> str:
    gradient = f"the largest part of the gradient is {_number(training.gradient_norm)}"
    if training.undecided:
        return (
            "Its active examples change too often, or too late, to be followed to its end: what becomes of "
            f"it is not known. It was left at a loss of {_number(training.loss)}, where {gradient}."
        )
    if training.period == 0:
        return (
            "It is held at a kink of its loss, where an example becomes active and silent again and again, "
            f"for ever: it circles about a loss of {_number(training.loss)}."
        )
    if (training.period or 0) > 1:
        return (
            f"It goes round in a cycle of {training.period:,} steps, at a loss of {_number(training.loss)}."
        )
    if training.period == 1:
        return f"It comes to rest, though {_stalled(training)}."
    return f"It is still on its way: the loss is {_number(training.loss)}, and {gradient}."


def _stalled(training: Training) -> str:
    """Why a gradient above the tolerance no longer moves anything."""
    above = f"the largest part of the gradient, {_number(training.gradient_norm)}, is above the tolerance"
    if training.hyperparams.get("weight_decay"):
        return f"{above}: weight decay pulls the other way"
    last = training.rows.at(-1)
    if not last.update_weight.any() and not last.update_bias:
        return f"{above}: the updates are 0"
    return f"{above}: each update is too small to change the float that it is added to"


def _nothing_else(training: Training) -> str:
    """What moves a dead neuron, which has no gradient."""
    if training.hyperparams.get("weight_decay"):
        return "weight decay alone does not wake it"
    return "nothing pulls it back"


def _losses(losses: np.ndarray) -> str:
    low, high = _number(losses.min()), _number(losses.max())
    return f"the loss at {low}" if low == high else f"losses from {low} to {high}"


def oscillates(training: Training) -> bool:
    """Whether a neuron's last steps go round in a cycle, or mostly undo the direction of the one before."""
    if training.period is not None:  # the last rows of its history are not successive steps
        return training.period == 0 or training.period > 1
    number = min(TAIL, training.num_steps) - 1
    return _period(training) > 1 or (number > 4 and _turns(training) >= MOSTLY * number)


def _period(training: Training) -> int:
    """The number of steps after which W and b are bit for bit the same, 0 where there is none."""
    at = training.rows
    params = np.column_stack([at.weight, at.bias])[:-1]
    for period in range(1, min(LONGEST_PERIOD, (len(params) - 1) // 2) + 1):
        if np.array_equal(params[-2 * period :], params[-3 * period : -period]):
            return period
    return 0


def _turns(training: Training) -> int:
    """How many of the last updates point away from the one before."""
    at = training.rows.at(slice(-TAIL, None))
    updates = np.column_stack([at.update_weight, at.update_bias]).astype(float)[:-1]
    return int(((updates[1:] * updates[:-1]).sum(-1) < 0).sum())


def _beyond_limit(training: Training, step: int) -> str:
    """That the learning rate was beyond the stability limit of the examples active at a step, if it was."""
    neuron = training.study.neuron
    if not training.study.has_stability_limit or neuron.activation == "leaky_relu":
        return ""
    z = preactivations(training, step)
    active = z > 0 if neuron.activation == "relu" else np.ones(len(z), bool)
    if not active.any() or not np.isfinite(z).all():
        return ""
    limit = stability_limit(training.data.x[active], neuron.train_bias) / active.mean()
    rate = training.hyperparams["learning_rate"]
    if rate <= limit:
        return ""
    beyond = (rate - limit) / limit
    digits = _digits_above_1(beyond)
    return (
        f" Its learning rate of {_number(rate, digits)} is {_above_1(beyond)} times the stability limit "
        f"2/λ_max = {_number(limit, digits)} of the examples active then, beyond which steps overshoot "
        "further each time."
    )


def _moves(training: Training, step: int) -> str:
    """'W from 1 to −2, b from 0 to −1', by the update of a step."""
    before, after = (training.rows.at(training.row_of(i)) for i in (step, step + 1))
    (first, *others), (then, *_) = before.weight, after.weight
    moves = f"the {1 + len(others)} weights" if others else f"W from {_number(first)} to {_number(then)}"
    if training.study.neuron.train_bias:
        moves += f", b from {_number(before.bias)} to {_number(after.bias)}"
    return moves


def _moved(training: Training) -> bool:
    """Whether the params are no longer those before the first step."""
    at = training.rows
    return bool((at.weight[-1] != at.weight[0]).any() or at.bias[-1] != at.bias[0])


def _all(number: int) -> str:
    return "the one example" if number == 1 else f"all {number:,} examples"


def _passing(training: Training, active: int) -> str:
    """'3 of 7 examples pass', of an activation whose slope is 0 where z ≤ 0; otherwise all of them do."""
    number = len(training.data.y)
    active = active if ACTIVATIONS[training.study.neuron.activation].can_die else number
    if number == 1:
        return "the one example passes" if active else "the one example does not pass"
    return f"{active:,} of {number:,} examples {'passes' if active == 1 else 'pass'}"


def _steps(number: int) -> str:
    return "step" if number == 1 else f"{number:,} steps"


def _above_1(excess: float) -> str:
    """1 + excess, and that it is not 1."""
    return _number(1 + excess, _digits_above_1(excess))


def _digits_above_1(excess: float) -> int:
    return 4 if excess > 0.01 else 2 - math.floor(math.log10(excess))


def _number(value: Any, digits: int = 4) -> str:
    return f"{float(value) + 0.0:.{digits}g}".replace("-", "−").replace("inf", "∞")
