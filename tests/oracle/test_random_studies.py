"""Studies drawn at random against the oracle: each fate, step and number of all neurons that are not chaotic.

A neuron is compared where the oracle finds the same of it in extended precision, in the study's own with the
examples in another order, and from starts and rates that differ by some units in the last place of that; and
where rounding decides none of it.
`JAXNEURON_REPEAT=100` draws a hundred times as many studies, which takes hours.
"""

import math
import os
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry_2x32

from jaxneuron.neuron.choices import OPTIMIZERS
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.population.keys import neuron_key, stream
from tests.conftest import REPEAT, examples_of
from tests.neuron.neurons import with_half_lines
from tests.oracle import one_neuron
from tests.oracle.one_neuron import DIVERGED, STRAIGHT, Setting
from tests.population.trained import KEY, train_values

pytestmark = pytest.mark.thorough

# One number of each, so that one program trains all data sets of a study.
NUM_EXAMPLES, NUM_DATASETS, NUM_STEPS, NUM_PROBES = 48, 4, 150, 6
NUM_NEURONS = int(os.environ.get("JAXNEURON_NEURONS", "128"))
ACTIVATIONS = ("relu", "leaky_relu", "identity", "elu", "gelu", "softplus", "sigmoid", "tanh")
FACTS = ("fate", "death_step", "diverge_step", "settle_step", "revivals", "num_active")


class Study(NamedTuple):
    """What all neurons of a study have in common."""

    config: Config
    precision: str
    num_inputs: int
    num_steps: float  # infinite by some jumps
    swept: tuple[str, ...]  # besides what always is


def study_drawn(rng, by_jumps):
    """Any settings that go together."""
    activation = rng.choice(ACTIVATIONS, p=[0.4, 0.15, 0.1, 0.07, 0.07, 0.07, 0.07, 0.07])
    optimizer = rng.choice(list(OPTIMIZERS), p=[0.4] + [0.1] * (len(OPTIMIZERS) - 1))
    num_inputs = int(rng.choice([1, 3], p=[0.7, 0.3]))
    forms = ["in_order", "at_once"] + ["moments"] * 3 * (num_inputs == 1 and activation in STRAIGHT)
    form = rng.choice(forms) if num_inputs > 1 or activation in STRAIGHT else "in_order"
    precision = rng.choice(["float32", "float64"])
    batch_size = int(rng.choice([1, 4, NUM_EXAMPLES])) if rng.random() < 0.25 else None
    if by_jumps:
        activation, optimizer, form = rng.choice(STRAIGHT, p=[0.6, 0.25, 0.15]), "sgd", "moments"
        num_inputs, precision, batch_size = 1, "float64", None
    names = tuple(name for name in ("weight_decay", "target_scale") if rng.random() < 0.3)
    config = Config(
        activation=str(activation),
        optimizer=str(optimizer),
        train_bias=bool(rng.random() < 0.8),
        batch_size=batch_size,
        gradient=str(form),
        method="jumps" if by_jumps else "steps",
    )
    num_steps = math.inf if by_jumps and rng.random() < 0.5 else NUM_STEPS
    return Study(config, str(precision), num_inputs, num_steps, names)


def data_drawn(rng, num_inputs, precision):
    """(x, y, how large x is, how large y is): 1 to 48 distinct examples, with what may be special."""
    number = int(rng.choice([1, 2, 3, 5, 20, NUM_EXAMPLES]))
    x = rng.normal(size=(number, num_inputs))
    match rng.integers(6):
        case 0:
            x = np.round(x)
        case 1:
            x = np.concatenate([x, -x])
        case 2:
            x = np.abs(x) + 3
        case 3:
            x[rng.random(x.shape) < 0.5] = 0.0
    y = np.maximum(0, x.sum(1) + 0.3)
    match rng.integers(5):
        case 0:
            y = y + 0.2 * rng.normal(size=len(y))
        case 1:
            y = -np.abs(rng.normal(size=len(y)))
        case 2:
            y = np.round(rng.normal(size=len(y)))
        case 3:
            y = 0.1 * y - 0.2
    most = 12 if precision == "float32" else 30
    scales = [1.0 if rng.random() < 0.6 else 10.0 ** rng.uniform(-most, most) for _ in range(2)]
    return (
        np.resize(x * scales[0], (NUM_EXAMPLES, num_inputs)).astype(precision),
        np.resize(y * scales[1], NUM_EXAMPLES).astype(precision),
        *scales,
    )


def values_drawn(rng, x, x_scale, y_scale, study):
    """Values of neurons: rates up to three times what is stable, starts of the size of what fits."""
    weight = rng.normal(size=(NUM_NEURONS, x.shape[1])) * y_scale / x_scale
    bias = rng.uniform(-2, 2, NUM_NEURONS) * y_scale
    weight[::17], bias[::19] = 0.0, 0.0
    by_gradient = study.config.optimizer in ("sgd", "momentum", "nesterov")
    curvature = max(np.sum(x.astype(float) ** 2, axis=1).mean() + study.config.train_bias, 1e-60)
    rates = (2 / curvature if by_gradient else 1.0) * np.geomspace(1e-3, 3.0, NUM_NEURONS)
    drawn = {
        "weight_decay": rng.uniform(0, 0.1, NUM_NEURONS),
        "target_scale": rng.uniform(-1, 2, NUM_NEURONS),
    }
    return {
        "learning_rate": rates,
        "init_weight": weight,
        "init_bias": bias,
        "momentum": rng.uniform(0, 0.99, NUM_NEURONS),
        "beta1": rng.uniform(0, 0.95, NUM_NEURONS),
        "beta2": rng.uniform(0.5, 0.999, NUM_NEURONS),
        "decay": rng.uniform(0.5, 0.99, NUM_NEURONS),
        "epsilon": 10.0 ** rng.uniform(-9, -2, NUM_NEURONS),
        "negative_slope": rng.uniform(-0.2, 0.9, NUM_NEURONS),
        **{name: drawn[name] for name in study.swept},
    }


def trained(x, y, values, study):
    """What the package says."""
    config, examples = study.config, examples_of(x, y, study.precision)
    if config.gradient == "moments":
        examples = with_half_lines(x[:, 0], y, study.precision, NUM_PROBES)
    return train_values(values, examples, config, study.num_steps)


def batches_of(study):
    """The numbers of the examples of each step of each neuron [steps, neurons, batch], as is documented."""
    size = study.config.batch_size

    @jax.jit
    @partial(jax.vmap, in_axes=(0, None))
    @partial(jax.vmap, in_axes=(None, 0))
    def words(step, cell):
        key = jax.random.key_data(stream(neuron_key(KEY, cell, jnp.uint32(0)), "batches"))
        block = jnp.arange(-(-size // 2), dtype=jnp.uint32)
        return threefry_2x32((key[0], key[1]), jnp.stack([jnp.full_like(block, step), block])).ravel()[:size]

    drawn = words(jnp.arange(NUM_STEPS), jnp.arange(NUM_NEURONS, dtype=jnp.uint32))
    return np.asarray(drawn).astype(np.uint64) * NUM_EXAMPLES >> 32


def alike_in_all_ways(x, y, values, study, batches):
    """(what the oracle finds in extended precision, which neurons are clear and alike in all ways, how far
    params differ)."""
    unit = 64 * np.finfo(study.precision).eps
    size = np.abs(values["init_weight"]).max(), np.abs(values["init_bias"]).max()
    moves = {"learning_rate": unit * values["learning_rate"]}
    moves |= {name: unit * most for name, most in zip(("init_weight", "init_bias"), size, strict=True)}
    up, down = ({name: values[name] + sign * by for name, by in moves.items()} for sign in (1, -1))
    orders = [np.random.default_rng(i).permutation(NUM_EXAMPLES) for i in range(2)]
    setting = Setting(study.config.activation, study.config.optimizer, study.config.train_bias)

    def oracle(dtype, values=values, order=None):
        how = (values, NUM_STEPS, setting, dtype, 8 * unit)
        if order is None:
            return one_neuron.train(x, y, *how, batches)
        # Those of a batch come in another order too.
        moved = None if batches is None else np.argsort(order)[batches[..., ::-1]]
        return one_neuron.train(x[order], y[order], *how, moved)

    exact = oracle(np.longdouble)
    others = [
        oracle(np.longdouble, values | up),
        oracle(np.longdouble, values | down),
        *(oracle(np.dtype(study.precision).type, order=order) for order in orders),
    ]
    is_alike = np.all([getattr(exact, f) == getattr(other, f) for f in FACTS for other in others], axis=0)
    with np.errstate(all="ignore"):
        off = np.max([np.abs(exact.params - other.params) for other in others], axis=0)
        is_number = np.isfinite(off).all(-1)
        is_calm = (off <= CALM * unit * exact.largest).all(-1) | ~is_number
    return exact, is_alike & exact.is_clear & is_calm, off


# How many times as far as the starts numbers may be off in the end.
CALM = 30


def pairs_to_compare(got, exact, values, study):
    """(name, what is found, what is right, for which neurons) of the facts that both have."""
    is_finite = np.isfinite(exact.params).all(-1)
    if study.num_steps == NUM_STEPS:
        for fact in FACTS:
            of = np.ones(NUM_NEURONS, bool)
            if fact == "num_active":
                of = exact.fate != DIVERGED
            if fact == "settle_step" and study.config.batch_size is not None:
                of = got.settle_step >= 0  # else it is unknown
            yield fact, getattr(got, fact), getattr(exact, fact), of
        return
    # Of endless training the oracle has seen the first steps: what has begun then and lasts has begun there.
    steps = got.death_step, got.settle_step, got.diverge_step
    begun = [np.where(step <= NUM_STEPS, step, -1) for step in steps]
    # A dead one that decays beyond 0 may live again, and one whose bias does not decay with its weight.
    decay = values.get("weight_decay", 0 * values["learning_rate"])
    is_over = (exact.death_step >= 0) & (values["learning_rate"] * decay < 1)
    is_over &= study.config.train_bias | (decay == 0)
    yield "death_step", begun[0], exact.death_step, (begun[0] >= 0) | is_over
    yield "settle_step", begun[1], exact.settle_step, begun[1] >= 0
    yield "diverge_step", begun[2], exact.diverge_step, (begun[2] >= 0) | ~is_finite
    yield "revivals", got.revivals, exact.revivals, is_over
    yield "revivals", np.minimum(got.revivals, exact.revivals), exact.revivals, is_finite


@pytest.mark.parametrize("seed", range(4 * REPEAT))
def test_no_study_is_found_in_which_the_oracle_differs(seed):
    rng = np.random.default_rng(seed)
    study = study_drawn(rng, by_jumps=seed % 4 == 0)
    batches = None if study.config.batch_size is None else batches_of(study)
    num_compared = 0
    for number in range(NUM_DATASETS):
        x, y, x_scale, y_scale = data_drawn(rng, study.num_inputs, study.precision)
        values = values_drawn(rng, x, x_scale, y_scale, study)
        values = {name: value.astype(study.precision) for name, value in values.items()}
        with jax.enable_x64(study.precision == "float64"):
            got = trained(x, y, values, study)
        exact, is_alike, off = alike_in_all_ways(x, y, values, study, batches)
        for fact, found, want, of in pairs_to_compare(got, exact, values, study):
            where = np.flatnonzero(is_alike & of & (found != want))
            about = f"data set {number}, {study}: {fact} of {where[:5]}"
            assert not len(where), f"{about} is {found[where][:5]} and not {want[where][:5]}"
        num_compared += is_alike.sum()
        if study.num_steps != NUM_STEPS:
            continue
        is_near = is_alike & (exact.fate != DIVERGED)
        params = np.column_stack([got.params.weight, got.params.bias])
        bound = 10 * off + 1000 * np.finfo(study.precision).eps * exact.largest
        far = np.flatnonzero(is_near & (np.abs(params - exact.params) > bound).any(-1))
        about = f"data set {number}, {study}: params of {far[:5]}"
        assert not len(far), f"{about} are {params[far[:3]]} and not {exact.params[far[:3]]}"
    assert num_compared > NUM_DATASETS * NUM_NEURONS / 50  # or nothing was compared
