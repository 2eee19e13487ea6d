"""Schedules and clipping against optax, which writes them otherwise."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuron as jn
from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.loss import loss
from jaxneuron.neuron.train import at_step
from jaxneuron.store.identity import differences, identity_of
from jaxneuron.study.data import load
from tests.conftest import examples_of
from tests.neuron.neurons import params_of, path_from

NUM_STEPS = 40
X, Y = np.linspace(-1, 2, 9), np.linspace(-1, 2, 9) ** 2
SCHEDULES = {
    "cosine": lambda rate: optax.cosine_decay_schedule(rate, NUM_STEPS, 0.1),
    "warmup_cosine": lambda rate: optax.warmup_cosine_decay_schedule(0.0, rate, 10, NUM_STEPS, 0.1 * rate),
    "exponential": lambda rate: optax.exponential_decay(rate, NUM_STEPS, 0.1),
    "step": lambda rate: optax.exponential_decay(rate, NUM_STEPS // 4, 0.1**0.25, staircase=True),
}
OPTIMIZERS = {
    "sgd": lambda rate: optax.sgd(rate),
    "nesterov": lambda rate: optax.sgd(rate, 0.9, nesterov=True),
    "adam": lambda rate: optax.adam(rate),
    "adamw": lambda rate: optax.adamw(rate, weight_decay=0.1),
}


def hyperparams_of(rate=0.2, **rest):
    return Hyperparams(jnp.float32(rate), final_rate=0.1, warmup=0.25, **rest)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_rates_are_those_of_optax(name):
    config, wanted = Config(schedule=(name, NUM_STEPS)), SCHEDULES[name](0.2)
    steps = jnp.arange(NUM_STEPS + 1)
    found = jax.jit(jax.vmap(lambda step: at_step(step, hyperparams_of(), config).learning_rate))(steps)
    np.testing.assert_allclose(found, jax.jit(jax.vmap(wanted))(steps), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("schedule", "optimizer", "norm"),
    [
        ("cosine", "sgd", None),
        ("cosine", "adamw", None),
        ("warmup_cosine", "adam", 0.3),
        (None, "nesterov", 0.3),
    ],
)
def test_steps_are_those_of_optax(schedule, optimizer, norm):
    decay = 0.1 if optimizer == "adamw" else None
    config = Config(optimizer=optimizer, schedule=schedule and (schedule, NUM_STEPS))
    hyperparams, start = hyperparams_of(clip_norm=norm, weight_decay=decay), params_of(1.0, 1.0)
    examples = examples_of(X, Y)
    _, info = path_from(start, hyperparams, examples, config, NUM_STEPS)
    clipping = [] if norm is None else [optax.clip_by_global_norm(norm)]
    rate = SCHEDULES[schedule](0.2) if schedule else 0.2
    other = optax.chain(*clipping, OPTIMIZERS[optimizer](rate))

    @jax.jit
    def step_of_optax(params, state):
        grads = jax.grad(loss)(params, hyperparams, examples, Config())
        updates, state = other.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    params, state = start, jax.jit(other.init)(start)
    for step in range(NUM_STEPS):
        np.testing.assert_allclose(info.params.weight[step], params.weight, rtol=2e-5, atol=1e-6)
        params, state = step_of_optax(params, state)


def test_a_sweep_has_them_as_axes_and_is_followed_with_the_same_bits(tmp_path):
    study = jn.Study(
        data={"x": X, "y": Y},
        neuron={"init_weight": 0.7},
        training={"num_steps": 150, "schedule": ["constant", "cosine"]},
        sweep={"learning_rate": [0.1, 0.9], "final_rate": [0.01, 0.5], "clip_norm": 1.5}
        | {"records": "neurons", "chunk_size": 3},
    )
    run = jn.sweep(study, tmp_path / "run.zarr")
    assert run.dims == ("schedule", "learning_rate", "final_rate")
    weight = run.neurons.final_weight
    assert (weight.sel(schedule="constant", final_rate=0.01) == weight.isel(schedule=0, final_rate=1)).all()
    assert not (weight.sel(schedule="cosine") == weight.sel(schedule="constant")).all()
    for cell in (4, 5, 7):  # with a schedule
        training = jn.train(study, cell=cell)
        at = dict(zip(run.dims, np.unravel_index(cell, (2, 2, 2)), strict=True)) | {"replicate": 0}
        if training.num_steps == 150:  # it ends where its loss has converged
            np.testing.assert_array_equal(training.weight, weight.isel(at))


def test_other_settings_are_other_identities_and_defaults_are_none():
    plain, other = (
        jn.Study(data={"x": X, "y": Y}, training=training, sweep={"learning_rate": 0.1})
        for training in ({}, {"schedule": "cosine"})
    )
    there, here = (identity_of(study, load(study.data), 64) for study in (plain, other))
    assert not {"training.schedule", "sweep.clip_norm", "sweep.warmup"} & set(there)
    assert differences(there, here) == [("training.schedule", "constant", "cosine")]


@pytest.mark.parametrize(
    ("training", "sweep", "words"),
    [
        ({"schedule": "cosin"}, {}, "training.schedule: is 'cosin'; did you mean"),
        (
            {},
            {"final_rate": 0.1},
            "sweep.final_rate: schedule 'constant' does not take it; it needs 'cosine'",
        ),
        ({"schedule": "cosine"}, {"warmup": 0.1}, "it needs 'warmup_cosine'"),
        ({"schedule": "exponential"}, {}, "sweep.final_rate: reaches 0; schedule 'exponential' needs more"),
        (
            {"schedule": "step"},
            {"step_every": 0.0, "final_rate": 0.1},
            "step_every: reaches 0.0; it must be above",
        ),
        ({}, {"clip_norm": [0.0, 1.0]}, "clip_norm: reaches 0.0; it must be above 0"),
        (
            {"schedule": "cosine", "method": "jumps", "precision": "float64"},
            {},
            "a constant learning rate and no clipping; leave training.schedule out",
        ),
    ],
)
def test_what_does_not_fit_is_refused(training, sweep, words):
    with pytest.raises(jn.BadInput) as error:
        jn.Study(data={"x": X, "y": Y}, training=training, sweep={"learning_rate": 0.1} | sweep)
    assert words in str(error.value)
