"""The loss and its gradient from the moments of the half-line of active examples: at a cost that does not
grow with the number of examples. For one input and an activation that is straight on either side of 0."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxneuron.neuron.half_lines import Cut, HalfLine, HalfLines, find_cut, half_line
from jaxneuron.neuron.loss import Evaluation
from jaxneuron.neuron.params import ACTIVATIONS, Params


def why_not(activation: str, num_inputs: int) -> str | None:
    """What stands against moments, if anything does."""
    if num_inputs != 1:
        return f"are for one input, and the data has {num_inputs}"
    if not ACTIVATIONS[activation].is_piecewise_linear:
        straight = ", ".join(name for name, a in ACTIVATIONS.items() if a.is_piecewise_linear)
        return f"are for activations that are straight on either side of 0 ({straight}), not {activation}"
    return None


def evaluate(
    params: Params,
    half_lines: HalfLines,
    activation: str = "relu",
    negative_slope: Float[Array, ""] | float = 0.01,
    train_bias: bool = True,
) -> Evaluation:
    """Loss and gradient over all examples; a bias that is not trained has gradient 0."""
    # Between two examples the cut does not move: the gradient holds it still.
    cut = find_cut(half_lines, *jax.lax.stop_gradient((params.weight[0], params.bias)))

    def trained_loss(params: Params) -> Float[Array, ""]:
        if not train_bias:
            params = params._replace(bias=jax.lax.stop_gradient(params.bias))
        return loss(params, half_lines, cut, activation, negative_slope)

    value, grads = jax.value_and_grad(trained_loss)(params)
    num_above = half_lines.num_examples - cut.num_below
    return Evaluation(value, grads, jnp.where(cut.is_upper_active, num_above, cut.num_below))


def loss(
    params: Params,
    half_lines: HalfLines,
    cut: Cut,
    activation: str = "relu",
    negative_slope: Float[Array, ""] | float = 0.01,
) -> Float[Array, ""]:
    """The mean of ½(ŷ − y)² over the examples, as the quadratic in (W, b) that holds around the cut."""
    active = half_line(half_lines, cut.num_below, cut.is_upper_active)
    active_loss = _squared_error(active, *params)
    if ACTIVATIONS[activation].can_die:
        return active_loss + active.beyond
    slope = negative_slope if activation == "leaky_relu" else 1.0
    silent = half_line(half_lines, cut.num_below, ~cut.is_upper_active)
    return active_loss + _squared_error(silent, slope * params.weight, slope * params.bias)


def _squared_error(line: HalfLine, weight: Float[Array, " 1"], bias: Float[Array, ""]) -> Float[Array, ""]:
    """½(W·x + b − y)², summed over the half-line's examples, divided by the number of all."""
    off_mean = weight[0] * line.mean_x + bias - line.mean_y
    off_slope = line.spread * weight[0] - line.rise
    return 0.5 * (line.share * off_mean**2 + off_slope**2) + line.residual
