"""The loss and its gradient over all examples, accumulated one example after the other."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.loss import Examples, example_loss
from jaxneuron.neuron.params import Params, preactivation

# Examples taken per turn of the loop: 8 were enough to keep a CPU's vector units busy, more were no faster.
UNROLL = 8


class Evaluation(NamedTuple):
    """What one pass over the examples tells of a neuron."""

    loss: Float[Array, ""]
    grads: Params
    num_active: Int[Array, ""]  # examples with z > 0, which pass a gradient through a ReLU


def evaluate(
    params: Params,
    examples: Examples,
    activation: str = "relu",
    negative_slope: Float[Array, ""] | float = 0.01,
    train_bias: bool = True,
) -> Evaluation:
    """Loss and gradient over all examples; a bias that is not trained has gradient 0.

    The sum runs over the examples in their order, so that a neuron's bits do not depend on how many
    others are mapped beside it; a reduction over an axis of examples may be regrouped by the compiler.
    """

    def pass_example(total: Evaluation, example: Examples) -> tuple[Evaluation, None]:
        def trained_loss(params: Params) -> Float[Array, ""]:
            if not train_bias:
                params = params._replace(bias=jax.lax.stop_gradient(params.bias))
            return example_loss(params, example.x, example.y, activation, negative_slope)

        value, grads = jax.value_and_grad(trained_loss)(params)
        is_active = preactivation(params, example.x) > 0
        return jax.tree.map(jnp.add, total, Evaluation(value, grads, is_active.astype(jnp.int32))), None

    zero = Evaluation(jnp.zeros_like(params.bias), jax.tree.map(jnp.zeros_like, params), jnp.int32(0))
    total, _ = jax.lax.scan(pass_example, zero, examples, unroll=UNROLL)
    num_examples = examples.y.shape[0]
    return Evaluation(
        loss=total.loss / num_examples,
        grads=jax.tree.map(lambda grad: grad / num_examples, total.grads),
        num_active=total.num_active,
    )
