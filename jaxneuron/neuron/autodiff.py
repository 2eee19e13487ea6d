"""The loss and its gradient over all examples by `jax.grad`: for any activation and any number of inputs."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxneuron.neuron.choices import ACTIVATIONS
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import Evaluation, Examples, example_loss, scale_targets
from jaxneuron.neuron.params import FUNCTIONS, Params, preactivation, trained

# Examples taken per turn of the loop: 8 were enough to keep a CPU's vector units busy, more were no faster.
UNROLL = 8
# Examples of one matrix product: what they and a block of neurons make stays in a core's cache.
GROUP = 1024


def evaluate_in_order(
    params: Params, hyperparams: Hyperparams, examples: Examples, config: Config
) -> Evaluation:
    """Loss and gradient, summed over the examples in their order.

    So a neuron's bits do not depend on how many others are mapped beside it; a reduction over an axis of
    examples may be regrouped by the compiler.
    """

    is_arithmetic = params.bias.dtype.name in ACTIVATIONS[config.activation].arithmetic_in
    is_packed = len(params.weight) == 1 and is_arithmetic

    def pass_example(total: Evaluation, example: tuple[Array, Array]) -> tuple[Evaluation, None]:
        x, y = example

        def trained_loss(params: Params) -> Float[Array, ""]:
            return example_loss(trained(params, config), x, y, hyperparams, config)

        value, grads = jax.value_and_grad(trained_loss)(params)
        is_active = preactivation(params, x) > 0
        evaluation = Evaluation(value, grads, is_active.astype(jnp.int32))
        return jax.tree.map(jnp.add, total, _packed(evaluation) if is_packed else evaluation), None

    zero = _packed(_zero(params)) if is_packed else _zero(params)
    total, _ = jax.lax.scan(pass_example, zero, (examples.x, examples.y), unroll=UNROLL)
    return _mean(_unpacked(total) if is_packed else total, examples)


def evaluate_at_once(
    params: Params, hyperparams: Hyperparams, examples: Examples, config: Config
) -> Evaluation:
    """Loss and gradient by two matrix products for each GROUP of examples: of all neurons mapped beside this
    one, z = W·xᵀ + b and dL/dW = dL/dz·x."""
    function = FUNCTIONS[config.activation]
    # A GPU's shorter products of float32 would be good to three digits.
    dot = partial(jnp.dot, precision=jax.lax.Precision.HIGHEST)

    def pass_group(total: Evaluation, group: tuple[Array, Array]) -> tuple[Evaluation, None]:
        x, y = group

        def trained_loss(params: Params) -> tuple[Float[Array, ""], Int[Array, ""]]:
            weight, bias = trained(params, config)
            z = dot(x, weight) + bias
            # Counted by a product, which takes a third of the time of a sum.
            num_active = dot((z > 0).astype(z.dtype), jnp.ones_like(z)).astype(jnp.int32)
            error = function(z, hyperparams.negative_slope) - scale_targets(y, hyperparams)
            return 0.5 * jnp.sum(error**2), num_active

        (value, num_active), grads = jax.value_and_grad(trained_loss, has_aux=True)(params)
        return jax.tree.map(jnp.add, total, Evaluation(value, grads, num_active)), None

    whole = examples.y.shape[0] // GROUP * GROUP
    data = (examples.x, examples.y)
    groups = jax.tree.map(lambda values: values[:whole].reshape(-1, GROUP, *values.shape[1:]), data)
    rest = jax.tree.map(lambda values: values[whole:], data)
    total, _ = jax.lax.scan(pass_group, _zero(params), groups)
    if rest[1].shape[0] > 0:
        total, _ = pass_group(total, rest)
    return _mean(total, examples)


def _packed(evaluation: Evaluation) -> Evaluation:
    """The evaluation of one input, dL/dW + i·dL/db being its gradient: of one sum XLA makes one loop, which
    passes over the examples once.

    That is for arithmetic alone: in such a loop XLA calls a function of its own for one neuron at a time.
    """
    weight, bias = evaluation.grads
    return evaluation._replace(grads=jax.lax.complex(weight[0], bias))


def _unpacked(evaluation: Evaluation) -> Evaluation:
    """The evaluation that was packed."""
    packed: Any = evaluation.grads
    return evaluation._replace(grads=Params(packed.real[None], packed.imag))


def _zero(params: Params) -> Evaluation:
    """The sum over no examples."""
    return Evaluation(jnp.zeros_like(params.bias), jax.tree.map(jnp.zeros_like, params), jnp.int32(0))


def _mean(total: Evaluation, examples: Examples) -> Evaluation:
    """The mean over the examples of what was summed over them."""
    num_examples = examples.y.shape[0]
    grads = jax.tree.map(lambda grad: grad / num_examples, total.grads)
    return Evaluation(total.loss / num_examples, grads, total.num_active)
