"""The oracle of training by jumps: NumPy, passing over all examples at every step, in any precision."""

import numpy as np

# A z is 0 but for rounding in double precision where it is less than this share of its largest terms so far,
# and of those of its steps, which may cancel.
ROUNDED = 1e-13


def stepped(x, y, values, num_steps, config, dtype):
    """Params, silence, the gradient's largest component, and in double precision whether no z is 0 but for
    rounding, before each step and at the end."""
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    w, b, rate = (np.asarray(values[name], dtype) for name in ("init_weight", "init_bias", "learning_rate"))
    decay, scale = dtype(values.get("weight_decay", 0)), dtype(values.get("target_scale", 1))
    slopes = {"relu": 0, "leaky_relu": values.get("negative_slope", 0), "identity": 1}
    slope = np.asarray(slopes[config.activation], dtype)[..., None]
    found, largest = [], np.zeros(())
    for _ in range(num_steps + 1):
        z = w[:, None] * x + b[:, None]
        inner = np.where(z > 0, dtype(1), slope)
        error = (inner * z - scale * y) * inner
        grad_w, grad_b = (error * x).mean(-1), error.mean(-1) * config.train_bias
        norm = np.maximum(np.abs(grad_w), np.abs(grad_b))
        found.append([w, b, (z <= 0).all(-1), norm])
        if dtype == np.float64:
            largest = np.maximum(largest, np.abs(w[:, None] * x) + np.abs(b[:, None]))
            found[-1].append((np.abs(z) >= ROUNDED * largest).all(-1))
            terms_w, terms_b = np.abs(error * x).mean(-1), np.abs(error).mean(-1) * config.train_bias
            largest = np.maximum(largest, (rate * terms_w)[:, None] * np.abs(x) + (rate * terms_b)[:, None])
        w, b = w - rate * (grad_w + decay * w), b - rate * (grad_b + decay * b * config.train_bias)
    return tuple(map(np.array, zip(*found, strict=True)))


def outcome(silent, norm, config):
    """The first step of the silence that lasts to the end, revivals, and the step after the last that
    moves."""
    can_die, num = config.activation == "relu", len(silent)
    last_active = np.where((~silent).any(0), num - 1 - np.argmax(~silent[::-1], axis=0), -1)
    since = np.where(silent[-1] & can_die, last_active + 1, -1)
    revivals = (silent[:-1] & ~silent[1:]).sum(0) * can_die
    moving = norm[:-1] > config.tolerance
    until = np.where(moving.any(0), len(moving) - np.argmax(moving[::-1], axis=0), 0)
    return since, revivals, until


def agreed(extended, double, config):
    """Whether stepping in two precisions is the same all along, or until a number is not finite any more:
    what rounding does to such a neuron does not grow, and decides nothing."""
    is_number = np.isfinite(double[0]) & np.isfinite(double[1])
    is_one = (extended[2] == double[2]) & double[4]
    for one, other in zip(extended[:2], double[:2], strict=True):
        is_one &= np.abs(one - other) <= 1e-12 * (1 + np.abs(one))
    outcomes = zip(outcome(*extended[2:4], config), outcome(*double[2:4], config), strict=True)
    are_alike = np.all([a == b for a, b in outcomes], axis=0)
    return (is_one | ~is_number).all(0) & (are_alike | ~is_number.all(0))


def params_of(found):
    """The final params of many neurons with one input, [weight and bias, neurons]."""
    return np.stack([found.params.weight[:, 0], found.params.bias])
