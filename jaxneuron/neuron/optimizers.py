"""Optimizers by name, each made from the hyperparams of one neuron; optax underneath."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import optax

from jaxneuron.neuron.hyperparams import Hyperparams
from jaxneuron.neuron.params import Params

# The optimizers without their weight decay, each made from the hyperparams.
TRANSFORMATIONS: Mapping[str, Callable[[Hyperparams], optax.GradientTransformation]] = {
    "sgd": lambda h: optax.sgd(h.learning_rate),
    "momentum": lambda h: optax.sgd(h.learning_rate, h.momentum),
    "nesterov": lambda h: optax.sgd(h.learning_rate, h.momentum, nesterov=True),
    "adam": lambda h: optax.adam(h.learning_rate, h.beta1, h.beta2, h.epsilon),
    # AdamW is Adam with the decay applied to the update, which `optimizer` below sees to.
    "adamw": lambda h: optax.scale_by_adam(h.beta1, h.beta2, h.epsilon),
    "rmsprop": lambda h: optax.rmsprop(h.learning_rate, h.decay, h.epsilon),
    # As published, its sum of squares starts at 0; optax's own default is 0.1.
    "adagrad": lambda h: optax.adagrad(h.learning_rate, 0.0, h.epsilon),
}


def optimizer(name: str, hyperparams: Hyperparams, train_bias: bool = True) -> optax.GradientTransformation:
    """The optax transformation for one neuron.

    The gradient is clipped first, where that is asked for (Pascanu, Mikolov and Bengio 2013). Weight decay
    is added to it (an L2 penalty), except for adamw, where it is added to the update and multiplied by the
    learning rate (Loshchilov and Hutter 2019). It decays the bias too where the bias is trained.
    """
    transformation = TRANSFORMATIONS[name](hyperparams)
    norm = hyperparams.clip_norm
    clipping = [] if norm is None else [optax.clip_by_global_norm(norm)]  # pyright: ignore[reportArgumentType]
    if hyperparams.weight_decay is None:
        decay = optax.identity()
    else:
        trained = Params(weight=True, bias=train_bias)  # pyright: ignore[reportArgumentType]
        decay = optax.add_decayed_weights(hyperparams.weight_decay, trained)
    if name == "adamw":
        rate = optax.scale_by_learning_rate(hyperparams.learning_rate)
        return optax.chain(*clipping, transformation, decay, rate)
    return optax.chain(*clipping, decay, transformation)


def has_memory(name: str) -> bool:
    """Whether what an optimizer does depends on more than the params and their gradient."""
    params = Params(jnp.zeros(1), jnp.zeros(()))
    return bool(jax.tree.leaves(jax.eval_shape(optimizer(name, Hyperparams(0.0)).init, params)))
