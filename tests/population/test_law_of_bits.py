"""The law of bits: a neuron's result depends on the study and its own place, not on its neighbours."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.population import program
from jaxneuron.population.follow import follow
from jaxneuron.population.keys import neuron_key
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population
from tests.conftest import examples_of
from tests.neuron.neurons import with_half_lines

RNG = np.random.default_rng(4)
X = RNG.normal(size=33)
Y = np.maximum(0, 1.1 * X + 0.2) + 0.2 * RNG.normal(size=33)
NUM_NEURONS, FEW, NUM_STEPS = 1003, 7, 120
CELLS, REPLICATES = np.divmod(np.arange(NUM_NEURONS), 3)
RATES = np.geomspace(1e-3, 5.0, NUM_NEURONS)
# Where they are not drawn.
WEIGHTS, BIASES = RNG.normal(size=(NUM_NEURONS, 300)), RNG.uniform(-2, 2, NUM_NEURONS)
EPSILONS = 10 ** RNG.uniform(-8, -2, NUM_NEURONS)
IN_ORDER = np.arange(NUM_NEURONS)
# So many that they fill more than one block, and those that still move come forward again and again.
MANY = 8192
MANY_PLACES = np.divmod(np.arange(MANY, dtype=np.uint32), np.uint32(3))

# (activation, optimizer, batch size, form of the gradient). Each compiles half a dozen programs, which takes
# seconds: so the rest of the optimizers, activations and forms are thorough, each is in one precision, and
# only the first of them draws, in double precision.
CASES = [("relu", "sgd", None, "moments"), ("leaky_relu", "adam", None, "in_order")]
MORE_CASES = [
    ("leaky_relu", "momentum", None, "moments"),
    ("relu", "sgd", None, "in_order"),
    ("relu", "sgd", 5, "in_order"),
    ("sigmoid", "nesterov", None, "in_order"),
    ("tanh", "sgd", None, "in_order"),
    ("elu", "adamw", None, "in_order"),
    ("softplus", "sgd", None, "in_order"),
    ("identity", "rmsprop", None, "moments"),
]
SEVERAL_INPUTS = [("relu", "adam", None, "at_once")]
MORE_OF_SEVERAL_INPUTS = [
    *(("relu", name, None, "at_once") for name in ("sgd", "adamw", "adagrad")),
    ("gelu", "sgd", None, "at_once"),
    ("relu", "adam", 5, "at_once"),
]


def each_precision(cases, more):
    """The cases in single precision; as thorough ones the first in double too, and more in either in turn."""
    quick = [pytest.param("float32", *case) for case in cases]
    double = pytest.param("float64", *cases[0], marks=pytest.mark.thorough)
    in_turn = [
        pytest.param(("float32", "float64")[i % 2], *case, marks=pytest.mark.thorough)
        for i, case in enumerate(more)
    ]
    return [*quick, double, *in_turn]


def make_study(precision, activation="relu", optimizer="sgd", batch_size=None):
    start = Start(
        seed=jax.random.key(7),
        fixed={"weight_decay": jnp.asarray(0.001, precision)},
        drawn={
            "init_weight": Normal(*jnp.asarray((0.0, 1.0), precision)),
            "init_bias": Uniform(*jnp.asarray((-2.0, 2.0), precision)),
            "epsilon": LogUniform(*jnp.asarray((1e-8, 1e-2), precision)),
        },
    )
    config = Config(activation=activation, optimizer=optimizer, batch_size=batch_size)
    return start, examples_of(X, Y, precision), config


def without_draws(study):
    """The study with a value of its own for every neuron where they are drawn: what draws them takes a third
    of the compiler's time, and has no part in how a neuron is trained."""
    return study[0]._replace(drawn={}), *study[1:]


def swept_of(index, study):
    """The values of some neurons, or of one: learning rates, and what is not drawn."""
    start, examples, _ = study
    num_inputs, dtype = examples.x.shape[1], examples.y.dtype
    values = {
        "learning_rate": RATES,
        "init_weight": WEIGHTS[:, :num_inputs],
        "init_bias": BIASES,
        "epsilon": EPSILONS,
    }
    return {
        name: jnp.asarray(of_all[index], dtype) for name, of_all in values.items() if name not in start.drawn
    }


def train_in_chunks(order, chunk_size, study):
    """All neurons, in the given order, in padded chunks of one size."""
    parts = []
    for first in range(0, len(order), chunk_size):
        index = order[first : first + chunk_size]
        size = len(index)
        index = np.concatenate([index, np.repeat(index[-1:], chunk_size - size)])
        places = jnp.asarray(CELLS[index], jnp.uint32), jnp.asarray(REPLICATES[index], jnp.uint32)
        trained = train_population(*places, swept_of(index, study), *study, NUM_STEPS)
        parts.append([np.asarray(values)[:size] for values in jax.tree.leaves(trained)])
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


def assert_same_bits(one, other):
    for a, b in zip(one, other, strict=True):
        assert a.dtype == b.dtype
        a, b = (np.ascontiguousarray(values).view(f"V{values.itemsize}") for values in (a, b))
        differ = a != b
        assert not differ.any(), f"{differ.sum()} of {differ.size} differ"


def assert_law_of_bits(study, *, in_chunks):
    """Neither neighbours nor cores nor being followed change a bit of a neuron, nor, where this is asked, the
    order of all of them in small chunks, by a program of its own."""
    many = np.tile(IN_ORDER, 20)  # so many that the compiler splits them between cores
    trained = train_in_chunks(many, len(many), study)
    whole = [values[:NUM_NEURONS] for values in trained]
    assert_same_bits([values[many] for values in whole], trained)
    if in_chunks:
        order = np.random.default_rng(0).permutation(NUM_NEURONS)
        assert_same_bits([values[order] for values in whole], train_in_chunks(order, FEW, study))
    for i in (0, 300, 500, 800, 1002):
        _, history, trained = follow(CELLS[i], REPLICATES[i], swept_of(i, study), *study, NUM_STEPS)
        if len(history.loss) <= NUM_STEPS:  # it ends when it diverges; a trainer goes on to NaN
            assert trained.fate == Fate.diverged
            continue
        got = [np.asarray(values) for values in jax.tree.leaves(trained)]
        assert_same_bits([values[i] for values in whole], got)
        assert history.params.bias[-1] == trained.params.bias


@pytest.mark.parametrize(
    ("precision", "activation", "optimizer", "batch_size", "form"),
    each_precision(CASES, MORE_CASES),
    indirect=["precision"],
)
def test_neither_neighbours_nor_cores_nor_following_change_a_bit(
    precision, activation, optimizer, batch_size, form
):
    start, examples, config = make_study(precision, activation, optimizer, batch_size)
    config = dataclasses.replace(config, gradient=form, tolerance=0.0)
    if form == "moments":
        examples = with_half_lines(X, Y, precision)
    study = start, examples, config
    is_first, is_double = (activation, optimizer, batch_size, form) == CASES[0], precision == "float64"
    study = study if is_first and is_double else without_draws(study)
    assert_law_of_bits(study, in_chunks=is_first or is_double)


@pytest.mark.parametrize(
    ("precision", "activation", "optimizer", "batch_size", "form"),
    each_precision(SEVERAL_INPUTS, MORE_OF_SEVERAL_INPUTS),
    indirect=["precision"],
)
def test_with_several_inputs_they_change_no_bit_either(precision, activation, optimizer, batch_size, form):
    # Matrix products are summed in an order that depends on their shape: so it is always the same.
    start, _, config = make_study(precision, activation, optimizer, batch_size)
    config = dataclasses.replace(config, gradient=form, tolerance=0.0)
    x = np.column_stack([X, X**2, np.sin(5 * X)])
    study = start, examples_of(x, Y, precision), config
    draws = precision == "float64" and (activation, optimizer, batch_size, form) == SEVERAL_INPUTS[0]
    assert_law_of_bits(study if draws else without_draws(study), in_chunks=draws)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("num_inputs", "num_examples", "optimizer"),
    # Examples within a group of one matrix product, and beyond it.
    [(17, 7, "sgd"), (300, 1030, "adam")],
)
def test_matrices_of_any_shape_change_no_bit(num_inputs, num_examples, optimizer):
    rng = np.random.default_rng(num_inputs * num_examples)
    x = rng.normal(size=(num_examples, num_inputs)) / num_inputs**0.5
    start, _, config = make_study("float32", optimizer=optimizer)
    config = dataclasses.replace(config, gradient="at_once", tolerance=0.0)
    study = without_draws((start, examples_of(x, np.maximum(0, x.sum(1) + 0.2)), config))
    some = IN_ORDER[::3]  # of all rates, more than a block
    whole = train_in_chunks(some, len(some), study)
    for place in (100, 260):  # in one block and in the next
        i = some[place]
        _, _, trained = follow(CELLS[i], REPLICATES[i], swept_of(i, study), *study, NUM_STEPS)
        got = [np.asarray(values) for values in jax.tree.leaves(trained)]
        assert_same_bits([values[place] for values in whole], got)


def assert_early_is_late(places, swept, study, num_steps):
    """Finishing early changes no bit; what became of the neurons."""
    early, late = (
        train_population(
            *places, swept, *study, num_steps, finish_early=finish_early, find_diverge_steps=False
        )
        for finish_early in (True, False)
    )
    assert_same_bits(*([np.asarray(v) for v in jax.tree.leaves(trained)] for trained in (early, late)))
    return early


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("form", "optimizer", "batch_size", "precision"),
    [
        ("moments", "momentum", None, "float64"),
        ("in_order", "sgd", 5, "float32"),
        ("in_order", "sgd", None, "float64"),
        ("moments", "adam", None, "float32"),
    ],
    indirect=["precision"],
)
def test_finishing_early_changes_no_bit(form, optimizer, batch_size, precision):
    start, _, config = make_study(precision, "relu", optimizer, batch_size)
    start = start._replace(fixed={})  # weight decay moves for ever
    study = start, with_half_lines(X, Y, precision), dataclasses.replace(config, gradient=form)
    swept = {"learning_rate": jnp.asarray(np.geomspace(1e-3, 5.0, MANY), precision)}
    early = assert_early_is_late(MANY_PLACES, swept, study, 1500)
    if optimizer == "sgd" and batch_size is None:
        assert (np.asarray(early.fixed_step) >= 0).sum() > MANY / 8  # or nothing was tried


@pytest.mark.parametrize(
    ("num_examples", "train_bias", "precision"),
    [
        (33, True, "float32"),
        *(
            pytest.param(*case, marks=pytest.mark.thorough)
            for case in [
                (1, True, "float64"),
                (5, False, "float64"),
            ]
        ),
    ],
    indirect=["precision"],
)
def test_finishing_early_with_moments_changes_no_bit_whatever_the_steps(num_examples, train_bias, precision):
    start, _, _ = make_study(precision)
    examples = with_half_lines(X[:num_examples], Y[:num_examples], precision)
    study = start._replace(fixed={}, drawn={}), examples, Config(gradient="moments", train_bias=train_bias)
    # Rates beyond what is stable: some diverge, some chatter; weights of 0: some have no threshold.
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=MANY), rng.uniform(-2, 2, MANY)
    weight[::17], bias[::51] = 0.0, 0.0
    values = {"learning_rate": np.geomspace(1e-3, 5.0, MANY), "init_weight": weight, "init_bias": bias}
    swept = {name: jnp.asarray(value, precision) for name, value in values.items()}
    for num_steps in (0, 1, 40, 1500):
        early = assert_early_is_late(MANY_PLACES, swept, study, num_steps)
    assert (np.asarray(early.fixed_step) >= 0).sum() > MANY / 8  # or nothing was tried


@pytest.mark.parametrize(
    ("form", "precision"),
    [("moments", "float32"), pytest.param("in_order", "float64", marks=pytest.mark.thorough)],
    indirect=["precision"],
)
def test_a_fixed_step_is_the_first_from_which_nothing_changes(form, precision):
    # By the programs that followed neurons above.
    start, examples, config = make_study(precision)
    if form == "moments":
        examples = with_half_lines(X, Y, precision)
    config = dataclasses.replace(config, gradient=form, tolerance=0.0)
    study = without_draws((start, examples, config))
    for i in range(0, NUM_NEURONS, 97):
        swept = swept_of(i, study)
        _, history, trained = follow(CELLS[i], REPLICATES[i], swept, *study, 1500)
        path = np.column_stack([history.params.weight[:, 0], history.params.bias])
        if len(path) == 1501 and np.isfinite(path).all():
            changed = np.flatnonzero((path[1:] != path[:-1]).any(1))
            last = changed[-1] + 1 if len(changed) else 0
            assert trained.fixed_step == (last if last < 1500 else -1)


def test_every_neuron_has_a_key_of_its_own():
    places = jnp.asarray(CELLS, jnp.uint32), jnp.asarray(REPLICATES, jnp.uint32)
    keys = jax.jit(jax.vmap(neuron_key, (None, 0, 0)))(jax.random.key(7), *places)
    # Cell 1, replicate 0 and cell 0, replicate 1 are among them, and not the same neuron.
    assert len(np.unique(jax.random.key_data(keys), axis=0)) == NUM_NEURONS


def test_a_gpu_knows_the_steps_of_a_cycle_when_it_is_compiled_and_takes_no_more(monkeypatch):
    # Here by the CPU's compiler: 24 steps of the first cycle, and all of the second. The program of what is
    # expected is that of the first test.
    start, _, config = make_study("float32")
    config = dataclasses.replace(config, gradient="moments", tolerance=0.0)
    study = without_draws((start, with_half_lines(X, Y, "float32"), config))
    expected = train_in_chunks(IN_ORDER, FEW, study)
    program.forget()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    found = train_in_chunks(IN_ORDER, FEW, study)
    (module,) = (
        module.to_string()
        for executable in jax.devices()[0].client.live_executables()
        for module in executable.hlo_modules()
        if module.name == "jit__train"
    )
    assert '"known_trip_count":{"n":"96"}' in module
    params, losses = slice(0, 4), slice(4, 6)
    assert_same_bits(expected[params] + expected[losses.stop :], found[params] + found[losses.stop :])
    for one, other in zip(expected[losses], found[losses], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)
