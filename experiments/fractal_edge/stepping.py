"""The same neurons stepped one by one in any precision, with what rounding may have done to them.

It shares no code with the package's training. The examples are sorted; those that are active are a half-line
of them, with a row of sums in a table. A step is θ ← θ − η·(H·θ − g) with the H and g of the active examples.

Rounding: two paths that are e apart are at most ‖1 − ηH‖·e apart a step later, as long as the same examples
are active on both, and each step adds some units in the last place. A neuron is *clear* in a precision if at
no step an example's z is so close to 0 that this bound could change its sign: no rounding can change its end.
"""

from typing import Any, NamedTuple

import numpy as np

from experiments.fractal_edge.fates import End, Plane

# Roundings of a step, each at most half a unit in the last place of the largest term.
ROUNDINGS = 16
# A gradient below it, where a step contracts, is rest: less than the package asks for, or some roundings.
STILL, ROUNDED = 1e-7, 64


class Stepped(NamedTuple):
    """Of each neuron: its end, undecided where the steps did not suffice; the logarithm of the most that a
    nudge had grown when its active examples changed for the last time; whether it is clear in a precision."""

    end: np.ndarray
    growth: np.ndarray
    is_clear: dict[str, np.ndarray]


class _Sums(NamedTuple):
    """1/n of Σ1, Σx, Σx², Σy, Σxy over the examples of every half-line, and the inputs in order."""

    below: np.ndarray  # [k] over the first k examples
    above: np.ndarray  # [k] over the others
    x: np.ndarray


def _sums(plane: Plane, dtype: type) -> _Sums:
    order = np.argsort(plane.x)
    x, y = plane.x[order].astype(np.longdouble), plane.y[order].astype(np.longdouble)
    terms = np.stack([np.ones_like(x), x, x * x, y, x * y], -1) / len(x)
    zero = np.zeros((1, 5), np.longdouble)
    below = np.concatenate([zero, terms.cumsum(0)])
    above = np.concatenate([terms[::-1].cumsum(0)[::-1], zero])
    return _Sums(below.astype(dtype), above.astype(dtype), x.astype(dtype))


def step_to_end(
    plane: Plane, points: np.ndarray, dtype: type, max_steps: int, units: tuple[str, ...] = ()
) -> Stepped:
    """The neurons at points[points, 2] of the plane, stepped in a precision; clear or not in others."""
    sums, values = _sums(plane, dtype), plane.values(points)
    scale = values.get("target_scale", np.ones(len(points)))
    state: dict[str, Any] = {
        "w": values["init_weight"].astype(dtype),
        "b": values["init_bias"].astype(dtype),
        "rate": values["learning_rate"].astype(dtype),
        "scale": scale.astype(dtype),
        "direction": np.broadcast_to(np.array([0.6, 0.8 * plane.train_bias]), points.shape).copy(),
        "grown": np.zeros(len(points)),
        "most": np.zeros(len(points)),
        "row": np.full(len(points), -1),
        "number": np.arange(len(points)),
    } | {f"off {unit}": np.zeros(len(points)) for unit in units}
    end = np.full(len(points), End.undecided, np.int8)
    growth, is_clear = np.zeros(len(points)), {unit: np.ones(len(points), bool) for unit in units}
    with np.errstate(all="ignore"):
        for _ in range(max_steps):
            ended, has_ended = _step(state, sums, plane.train_bias, growth, is_clear)
            end[state["number"][has_ended]] = ended[has_ended]
            if has_ended.any():
                state = {name: each[~has_ended] for name, each in state.items()}
            if not len(state["w"]):
                break
    return Stepped(end, growth, is_clear)


def _step(
    state: dict[str, Any],
    sums: _Sums,
    train_bias: bool,
    growth: np.ndarray,
    is_clear: dict[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """One step of all: the end of each, and whether it has ended; the state is changed in place."""
    w, b, number = state["w"], state["b"], state["number"]
    kink = np.where(w == 0, np.where(b > 0, -np.inf, np.inf), -b / w)
    # Of w > 0 those above the kink are active, of w < 0 those below; of w = 0 all or none.
    split = np.where(w < 0, np.searchsorted(sums.x, kink, "left"), np.searchsorted(sums.x, kink, "right"))
    row = np.where(w < 0, split, len(sums.x) + 1 + split)
    one, x, xx, y, xy = np.where((w < 0)[:, None], sums.below[split], sums.above[split]).T
    rate, scale = state["rate"], state["scale"]
    dw, db = xx * w + x * b - xy * scale, (x * w + one * b - y * scale) * train_bias
    # The norm of the step: the flatter direction of two never expands more than the steeper, or by 1.
    half = (xx - one) / 2
    steepest = (xx + one) / 2 + np.sqrt(half**2 + x**2) if train_bias else xx
    factor = np.maximum(np.abs(1 - rate * steepest), float(train_bias)).astype(float)

    is_new = row != state["row"]
    growth[number[is_new]] = state["most"][is_new]
    near = np.inf
    for k in (np.maximum(split - 1, 0), np.minimum(split, len(sums.x) - 1)):
        near = np.minimum(near, np.abs(w * sums.x[k] + b) / np.sqrt(sums.x[k] ** 2 + train_bias))
    terms = np.abs(w) + np.abs(b) + rate * (np.abs(xx * w) + np.abs(x * b) + np.abs(xy * scale))
    terms = (terms + rate * train_bias * (np.abs(x * w) + np.abs(one * b) + np.abs(y * scale))).astype(float)
    for unit, clear in is_clear.items():
        off = state[f"off {unit}"]
        clear[number[near <= off]] = False
        state[f"off {unit}"] = factor * off + ROUNDINGS * np.finfo(unit).eps / 2 * terms

    v_w, v_b = state["direction"].T
    v_w, v_b = v_w - rate * (xx * v_w + x * v_b), v_b - rate * (x * v_w + one * v_b) * train_bias
    length = np.hypot(v_w, v_b).astype(float)
    state["grown"] = state["grown"] + np.log(length)
    state["most"] = np.maximum(state["most"], state["grown"])
    state["direction"] = np.stack([v_w / length, v_b / length], -1).astype(float)
    state["row"], state["w"], state["b"] = row, w - rate * dw, b - rate * db

    still = max(STILL, ROUNDED * np.finfo(w.dtype).eps)
    is_beyond = ~(np.abs(w) + np.abs(b) < 1e15)
    is_still = (np.abs(dw) + np.abs(db) <= still) & (rate * steepest < 2)
    cases = [is_beyond, one == 0, is_still]
    return np.select(cases, [End.diverged, End.dead, End.converged], End.undecided), np.any(cases, 0)
