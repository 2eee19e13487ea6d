"""Jumps against stepping, against what theory says of infinitely many steps, and against one another.

The oracle is NumPy, passing over all examples at every step, in extended precision and in double precision.
Where both agree on the whole way the neuron is not chaotic, and what they agree on is what jumps must find.
"""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.fate import Fate
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.stability import stability_limit
from tests import engel
from tests.conftest import REPEAT
from tests.neuron.neurons import with_half_lines
from tests.population.special_data import KINDS, data_of
from tests.population.stepped import agreed, outcome, params_of, stepped
from tests.population.trained import train_values

# One number of each, so that each config is compiled once: that takes longer than most of the tests.
NUM_EXAMPLES, NUM_NEURONS, NUM_PROBES = 33, 256, 6
INFINITY = float("inf")


@pytest.fixture(autouse=True)
def _double():
    with jax.enable_x64(True):
        yield


def relu(train_bias=True, **rest):
    return Config(train_bias=train_bias, gradient="moments", method="jumps", **rest)


def stepping(config):
    return Config(**{**vars(config), "method": "steps"})


def trained(x, y, config, num_steps, learning_rate, init_weight, init_bias, find_diverge_steps=True, **rest):
    """What became of as many neurons as there are values, at most NUM_NEURONS."""
    values = {"learning_rate": learning_rate, "init_weight": init_weight, "init_bias": init_bias, **rest}
    values = dict(zip(values, np.broadcast_arrays(*values.values()), strict=True))
    (number,) = np.shape(values["learning_rate"])
    values = {name: np.resize(value, NUM_NEURONS) for name, value in values.items()}
    examples = with_half_lines(x, y, "float64", NUM_PROBES)
    found = train_values(values, examples, config, num_steps, find_diverge_steps=find_diverge_steps)
    return jax.tree.map(lambda values: values[:number], found)


def test_a_number_of_steps_is_not_compiled(compilations):
    # First of all, as it forgets what has been compiled: the others then use its program.
    for num_steps in (0, 100, 10**6, INFINITY):
        got = trained(*one_example(1.5, 1.0), relu(), num_steps, [0.1, 0.01], [0.3, 1.0], [0.1, -2.0])
        assert got.fate.tolist() == [Fate.converged if num_steps > 50 else Fate.unsettled, Fate.born_dead]
    assert compilations.count("jit(_train)") == 1


# Stepping


def products_of_which_are_normal(number):
    """XLA takes subnormal numbers for 0, and NumPy does not."""
    return number if abs(number) > 1e-100 else 0.0


# Round numbers tie, and lead to exactly 0.
inputs = st.one_of(st.integers(-3, 3).map(float), st.floats(-20, 20).map(products_of_which_are_normal))
targets = st.one_of(st.sampled_from([0.0, 1.0, -1.0]), st.floats(-10, 10).map(products_of_which_are_normal))

# By a large tolerance many have settled long before what is active changes. A decay of 0 has the programs of
# any other.
FIXED_BIAS, NO_DECAY = relu(False, tolerance=0.05), {"weight_decay": 0.0}
SETTINGS = {
    "relu": (relu(), {}),
    "decay of the weight alone": (FIXED_BIAS, {"weight_decay": 0.05}),
    "leaky_relu": (
        relu(activation="leaky_relu"),
        {"negative_slope": 0.1, "target_scale": -0.7, "weight_decay": 0.05},
    ),
    "identity": (relu(activation="identity"), {}),
}


def compare_with_stepping(x, y, config, num_steps, values):
    """(how many neurons could be compared, how many diverged): jumps must find what stepping finds wherever
    it finds the same in extended and in double precision."""
    got = trained(x, y, config, num_steps, **values)
    by_steps = trained(x, y, stepping(config), num_steps, **values)
    with np.errstate(over="ignore", invalid="ignore"):
        extended, double = (
            stepped(x, y, values, num_steps, config, dtype) for dtype in (np.longdouble, np.float64)
        )
        since, revivals, until = outcome(*extended[2:4], config)
        agrees = agreed(extended, double, config)
        size = 1 + np.abs(extended[0][-1]) + np.abs(extended[1][-1])
    diverged = by_steps.fate == Fate.diverged
    np.testing.assert_array_equal(got.fate[agrees], by_steps.fate[agrees])
    np.testing.assert_array_equal(got.diverge_step[agrees], by_steps.diverge_step[agrees])
    num_diverged = np.sum(agrees & diverged)
    agrees &= ~diverged
    np.testing.assert_array_equal(got.death_step[agrees], since[agrees])
    np.testing.assert_array_equal(got.revivals[agrees], revivals[agrees])
    settled = agrees & (got.fate == Fate.converged)
    np.testing.assert_array_equal(got.settle_step[settled], until[settled])
    off = np.abs(params_of(got) - [extended[0][-1], extended[1][-1]]).sum(0)
    assert np.all(off[agrees] <= 1e-9 * size[agrees])
    for field in ("death_step", "settle_step", "revivals", "num_active", "absorbed", "nearly_silent"):
        one, other = getattr(got, field), getattr(by_steps, field)
        np.testing.assert_array_equal(one[agrees], other[agrees], err_msg=field)
    died = agrees & (since >= 0) & (since < num_steps)  # at the last step nothing is known to stay
    if "weight_decay" not in values:
        np.testing.assert_array_equal(got.fixed_step[died], since[died])
    np.testing.assert_allclose(got.loss[agrees], by_steps.loss[agrees], rtol=1e-8, atol=1e-12)
    assert not got.undecided.any()
    return agrees.sum(), num_diverged


def values_of(x, config, rng, most=3.0):
    """Neurons at rates up to so many times the limit of stability, some without a weight or a bias."""
    weight, bias = rng.normal(size=(2, NUM_NEURONS))
    weight[::29], bias[::31] = 0.0, 0.0
    limit = min(stability_limit(x[:, None], config.train_bias), 10.0)
    return {
        "learning_rate": limit * np.geomspace(1e-4, most, NUM_NEURONS),
        "init_weight": weight,
        "init_bias": bias,
    }


@pytest.mark.thorough
@pytest.mark.parametrize(
    # The others are in another file's million.
    "name",
    ["decay of the weight alone", "leaky_relu", "identity"],
)
def test_fates_and_their_steps_are_those_of_stepping(name):
    config, rest = SETTINGS[name]
    num_compared, num_diverged = 0, 0
    for kind in KINDS:
        rng = np.random.default_rng([KINDS.index(kind), len(name)])
        x, y = data_of(kind, NUM_EXAMPLES, rng)
        counts = compare_with_stepping(x, y, config, 210, values_of(x, config, rng) | rest)
        num_compared, num_diverged = num_compared + counts[0], num_diverged + counts[1]
    assert num_compared > len(KINDS) * NUM_NEURONS / 3  # or nothing was compared
    if name in ("decay of the weight alone", "identity"):
        assert num_diverged > 20


@pytest.mark.parametrize(
    ("num_data", "name", "most"),
    [
        # None diverges: no program has to date that, and the others are those of the tests below.
        (20, "relu", 1.0),
        pytest.param(20 * REPEAT, "relu", 3.0, marks=pytest.mark.thorough),
        # Where weights decay the dead move and may revive.
        pytest.param(20 * REPEAT, "decay of the weight alone", 1.0, marks=pytest.mark.thorough),
    ],
)
def test_no_data_is_found_on_which_they_differ(num_data, name, most):
    @settings(max_examples=num_data, deadline=None)
    @given(st.lists(st.tuples(inputs, targets), min_size=1, max_size=NUM_EXAMPLES), st.integers(0, 10**6))
    def compare(examples, seed):
        config, rest = SETTINGS[name]
        x, y = (np.resize(column, NUM_EXAMPLES) for column in np.transpose(examples))
        values = values_of(x, config, np.random.default_rng(seed), most) | rest
        compare_with_stepping(x, y, config, 90, values)

    compare()


# Without end: what theory says


def one_example(x, y):
    """An example, as often as there are examples."""
    return np.full(NUM_EXAMPLES, float(x)), np.full(NUM_EXAMPLES, float(y))


def normal_weights(number, seed):
    return np.random.default_rng(seed).normal(size=number)


@pytest.mark.parametrize("num_steps", [300, INFINITY])
def test_one_example_has_the_phase_diagram_of_theory(num_steps):
    """Section 2: for κ ≤ 1 who is alive lives; up to 2 death comes at step 1 or never; beyond, all die."""
    x, y, scale = 1.5, 1.0, 1.5**2 + 1
    kappa = np.repeat([0.2, 0.7, 1.2, 1.5, 1.9, 2.1, 2.5, 4.0], 32)
    z = np.longdouble(1.5) * normal_weights(NUM_NEURONS, 2)
    got = trained(*one_example(x, y), relu(), num_steps, kappa / scale, np.zeros_like(kappa), z.astype(float))
    off = z - y
    want = np.select([z <= 0, (kappa < 2) & ((kappa - 1) * off < y), kappa < 2], [0, -1, 1], 0)
    for i in np.flatnonzero((z > 0) & (kappa > 2)):
        steps = np.arange(1, 300)
        is_dead = (steps % 2 == (off[i] > 0)) & ((np.longdouble(kappa[i]) - 1) ** steps * abs(off[i]) >= y)
        want[i] = 1 + np.argmax(is_dead)
    np.testing.assert_array_equal(got.death_step, want)
    fates = np.where(want < 0, Fate.converged, np.where(z <= 0, Fate.born_dead, Fate.died))
    np.testing.assert_array_equal(got.fate, fates)
    assert len(np.unique(got.death_step)) > 10
    lives = want < 0
    # The larger component of the gradient is (z − y)·x.
    path = np.abs(1 - np.longdouble(kappa[lives])) ** np.arange(300)[:, None] * np.abs(off[lives]) * x
    np.testing.assert_array_equal(got.settle_step[lives], (path > relu().tolerance).sum(0))
    if num_steps == INFINITY:
        np.testing.assert_allclose(got.params.weight[lives, 0] * x + got.params.bias[lives], y, atol=1e-14)
        assert (got.period == 1).all()
    assert not got.undecided.any()


@pytest.mark.parametrize("scale", [1.0, 1e9])
def test_one_example_below_0_dies_when_theory_says(scale):
    """Section 2, y < 0: at step ⌈ln(|y|/(z + |y|))/ln(1 − κ)⌉, which may be beyond what 32 bits count."""
    x, y, kappa = 1.0, -1.0, np.geomspace(1e-3, 0.9, NUM_NEURONS) / scale
    z = np.abs(normal_weights(NUM_NEURONS, 3)) + 0.01
    got = trained(*one_example(x, y), relu(), INFINITY, kappa / 2, np.zeros_like(z), z)
    exact = np.log(1 / (np.longdouble(z) + 1)) / np.log1p(-np.longdouble(kappa))
    np.testing.assert_array_equal(got.death_step, np.maximum(1, np.ceil(exact)).astype(np.int64))
    np.testing.assert_array_equal(got.fate, Fate.died)
    np.testing.assert_array_equal(got.fixed_step, got.death_step)
    if scale > 1:
        assert (got.death_step > 2**31).sum() > 50
        # After 100 million steps, not one of them is dead.
        early = trained(*one_example(x, y), relu(), 10**8, kappa / 2, np.zeros_like(z), z)
        alive = got.death_step > 10**8
        np.testing.assert_array_equal(early.death_step, np.where(alive, -1, got.death_step))
        left = (np.longdouble(z) + 1) * np.exp(10**8 * np.log1p(-np.longdouble(kappa))) - 1
        np.testing.assert_allclose(
            (early.params.weight[:, 0] * x + early.params.bias)[alive], left[alive].astype(float), atol=1e-12
        )


@pytest.mark.parametrize("num_steps", [2**53, INFINITY])
def test_what_no_step_changes_is_at_rest(num_steps):
    """One example with a negative target can only die, but not where a step is less than half a bit."""
    rate = np.repeat([1e-3, 1e-12, 1e-15, 1e-17, 1e-18, 1e-30, 1e-300], 4)
    start = np.resize([0.5, 0.6, 1.0, 4.0], len(rate))
    got = trained(*one_example(1.0, -1.0), relu(), num_steps, rate, start, start)
    rests = (start - rate * (2 * start + 1)) == start
    assert rests.sum() == 16
    np.testing.assert_array_equal(got.fate, np.where(rests, Fate.unsettled, Fate.died))
    np.testing.assert_array_equal(params_of(got)[:, rests], [start[rests]] * 2)
    np.testing.assert_allclose(got.loss[rests], (2 * start[rests] + 1) ** 2 / 2, rtol=1e-15)
    np.testing.assert_array_equal(got.period[rests], 1)
    np.testing.assert_array_equal(got.fixed_step[rests], 0)
    exact = np.ceil(np.log(1 / (2 * np.longdouble(start) + 1)) / np.log1p(-2 * np.longdouble(rate)))[~rests]
    np.testing.assert_allclose(got.death_step[~rests], exact.astype(float), rtol=1e-15, atol=1)
    assert not got.undecided.any()


def test_a_death_later_than_steps_are_counted_is_undecided():
    # Each step moves z by a bit, a few times in all 2⁵³.
    got = trained(*one_example(1.0, -1.0), relu(), INFINITY, [3.2e-17] * 4, [0.5] * 4, [0.5] * 4)
    assert got.undecided.all()
    np.testing.assert_array_equal(got.fate, Fate.unsettled)
    np.testing.assert_array_equal(got.fixed_step, -1)


@pytest.mark.parametrize("num_steps", [2**53, INFINITY])
def test_rates_to_a_bit_of_the_limit_of_stability(num_steps):
    """One example at x = 1 with target 2: z − 2 is multiplied by 1 − 2η, at η = 1 by −1."""
    bit = 2.0**-52
    rate, off = (
        v.ravel() for v in np.meshgrid([1 - 8 * bit, 1 - bit / 2, 1, 1 + bit, 1 + 8 * bit], [1, 1e-3])
    )
    start = (2 + off) / 2
    got = trained(*one_example(1.0, 2.0), relu(), num_steps, rate, start, start)
    growth = np.log1p(2 * np.longdouble(rate - 1))
    with np.errstate(divide="ignore"):
        dies = np.where(growth > 0, np.log(2 / np.longdouble(off)) / growth, np.inf)
        settles = np.where(growth < 0, np.log(np.longdouble(off) / relu().tolerance) / -growth, np.inf)
    is_late = np.minimum(dies, settles) > 2**53
    fates = np.select([dies <= 2**53, settles <= 2**53], [Fate.died, Fate.converged], Fate.unsettled)
    if num_steps == INFINITY:
        # Who settles does so in the end, however late; who is to die then is not followed so far.
        fates = np.where(growth < 0, Fate.converged, fates)
        np.testing.assert_array_equal(got.undecided, is_late & (growth > 0))
        np.testing.assert_array_equal(got.period, np.select([growth == 0, got.undecided], [2, -1], 1))
    np.testing.assert_array_equal(got.fate, fates)
    # As close as η is to a bit: the growth is that of the rate that is meant, to within its last bits.
    died = fates == Fate.died
    np.testing.assert_allclose(got.death_step[died], dies[died].astype(float), rtol=1e-9)
    settled = (fates == Fate.converged) & ~is_late
    np.testing.assert_allclose(got.settle_step[settled], settles[settled].astype(float), rtol=1e-9)
    # What settles later than that is said to do so at the last step that is counted.
    np.testing.assert_array_equal(got.settle_step[(fates == Fate.converged) & is_late], 2**53)


def two_sided():
    """As many inputs on one side as on the other, and one at 0; targets are those of ReLU."""
    positive = np.linspace(0.2, 2.0, NUM_EXAMPLES // 2)
    x = np.concatenate([-positive, [0.0], positive])
    return x, np.maximum(x, 0)


@pytest.mark.thorough
def test_no_bias_and_two_sides_have_the_boundary_of_the_golden_ratio():
    """Section 3: all diverge beyond κ = φ², not beyond 2/λ, and none of them die."""
    x, y = two_sided()
    within, beyond = [0.3, 0.9, 1.1, 1.5, 1.9, 2.05, 2.3, 2.5, 2.6, 2.617], [2.65, 2.7, 3.0, 3.5, 5.0, 9.0]
    kappa = np.concatenate([np.repeat(within, 22), np.repeat(beyond, 5)])
    # Weights much larger than 1 are beyond what can be bounded.
    weight = np.clip(normal_weights(len(kappa), 5), -1.5, 1.5)
    weight[::16] = 0.0
    rate = kappa / np.mean(np.where(x > 0, x, 0) ** 2)
    got = trained(x, y, FIXED_BIAS, INFINITY, rate, weight, 0.0, **NO_DECAY)
    is_still = weight == 0
    settles, diverges = (kappa < 2) & ~is_still, (kappa > 2.62) & ~is_still
    fates = np.select(
        [is_still, settles, diverges], [Fate.born_dead, Fate.converged, Fate.diverged], Fate.unsettled
    )
    np.testing.assert_array_equal(got.fate, fates)
    rest = np.where((kappa < 1) & (weight < 0), 0.0, 1.0)
    np.testing.assert_allclose(got.params.weight[settles, 0], rest[settles], atol=1e-14)
    np.testing.assert_array_equal(got.period[settles], 1)
    assert not got.undecided[settles | diverges].any()
    bounded = ~is_still & (kappa > 2) & (kappa < 2.618)
    assert (np.abs(got.params.weight[bounded]) < 10).all()
    # Either a cycle was found, or nothing is said.
    assert ((got.period[bounded] > 1) | got.undecided[bounded]).all()
    assert (got.diverge_step[diverges] > 0).all()
    assert (got.diverge_step[~diverges] == -1).all()


@pytest.mark.thorough
def test_what_goes_to_and_fro_beyond_all_numbers_has_diverged():
    """Where λ is −4 on one side and −½ on the other, w doubles in two steps; here it is close to the largest
    number there is."""
    x = np.append(np.resize([2.0, -2 * np.sqrt(0.3)], NUM_EXAMPLES - 1), 0.0)
    rate, weight = 2.5 * NUM_EXAMPLES / (NUM_EXAMPLES - 1), -np.linspace(0.5e308, 1.79e308, NUM_NEURONS)
    got = trained(x, np.abs(x), FIXED_BIAS, INFINITY, rate, weight, 0.0, **NO_DECAY)
    np.testing.assert_array_equal(got.fate, Fate.diverged)


@pytest.mark.thorough
def test_divergence_without_end_begins_when_it_begins_in_steps():
    rng = np.random.default_rng(6)
    x, y = data_of("normal", NUM_EXAMPLES, rng)
    config = relu(activation="identity")
    # The slowest takes ten thousand steps; beyond twice the limit both directions grow.
    rate = stability_limit(x[:, None]) * (1 + np.geomspace(2e-4, 3.0, NUM_NEURONS))
    weight, bias = rng.normal(size=(2, NUM_NEURONS))
    by_steps = trained(x, y, stepping(config), 40_000, rate, weight, bias)
    np.testing.assert_array_equal(by_steps.fate, Fate.diverged)
    assert by_steps.diverge_step.max() > 10_000
    for num_steps in (INFINITY, 40_000):  # more than are taken one by one, were there a kink
        got = trained(x, y, config, num_steps, rate, weight, bias)
        np.testing.assert_array_equal(got.fate, Fate.diverged)
        np.testing.assert_array_equal(got.diverge_step, by_steps.diverge_step)
        assert not got.undecided.any()


def test_without_end_is_after_very_many_steps():
    rng = np.random.default_rng(7)
    x = rng.normal(size=NUM_EXAMPLES)
    y = np.abs(1.1 * x + 0.3) + 0.1
    weight, bias = rng.normal(size=(2, NUM_NEURONS))
    values = np.geomspace(1e-2, 0.3, NUM_NEURONS), weight, bias
    got, many = (trained(x, y, relu(), num_steps, *values) for num_steps in (INFINITY, 10**7))
    for field in ("fate", "death_step", "settle_step", "revivals", "num_active", "undecided"):
        np.testing.assert_array_equal(getattr(got, field), getattr(many, field), err_msg=field)
    np.testing.assert_allclose(params_of(got), params_of(many), rtol=1e-9, atol=1e-9)
    fates = np.bincount(got.fate, minlength=5)
    assert fates[Fate.converged] > NUM_NEURONS / 3
    assert fates[Fate.unsettled] == 0
    assert (got.period == 1).all()


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(REPEAT))
def test_deaths_without_end_are_those_of_stepping_with_decay(seed):
    """Where decay moves the silent too: who is born dead, who dies and when, as far as is stepped."""
    rng, num_steps, deaths, born = np.random.default_rng(seed), 150, 0, 0
    for number, kind in enumerate(KINDS):
        x, y = data_of(kind, NUM_EXAMPLES, rng)
        values = values_of(x, relu(), rng) | {"weight_decay": np.full(NUM_NEURONS, 0.05)}
        if number % 2:  # at η·decay = 1 a silent neuron is at 0 after a step
            is_one = rng.random(NUM_NEURONS) < 0.3
            values["learning_rate"] = np.where(is_one, 20.0, values["learning_rate"])
        got = trained(x, y, relu(), INFINITY, **values, find_diverge_steps=False)
        with np.errstate(over="ignore", invalid="ignore"):
            extended, double = (
                stepped(x, y, values, num_steps, relu(), dtype) for dtype in (np.longdouble, np.float64)
            )
            since, _, _ = outcome(*extended[2:4], relu())
            agrees = agreed(extended, double, relu()) & ~got.undecided & (got.fate != Fate.diverged)
        died_early = agrees & (got.death_step >= 0) & (got.death_step < num_steps)
        np.testing.assert_array_equal(got.death_step[died_early], since[died_early])
        silent_early = agrees & (since >= 0) & (since < num_steps)
        np.testing.assert_array_equal(got.death_step[silent_early], since[silent_early])
        deaths, born = deaths + (since[died_early] > 0).sum(), born + (since[died_early] == 0).sum()
    assert min(deaths, born) > 100


# Kinks and cycles


# Every sixth of Engel's households.
X, Y = engel.X[::6][:NUM_EXAMPLES], engel.Y[::6][:NUM_EXAMPLES]


def test_small_rates_are_held_at_the_kink_where_the_loss_is_least():
    x, y = X, Y
    kink = np.sort(x)[19]
    weight = np.sum(np.where(x > kink, (x - kink) * y, 0)) / np.sum(np.where(x > kink, x - kink, 0) ** 2)
    np.testing.assert_allclose([weight, -weight * kink], [0.94177445, 0.00974683], rtol=1e-6)
    rng = np.random.default_rng(9)
    values = np.geomspace(1e-6, 1e-3, 128), rng.uniform(0.5, 1.5, 128), rng.uniform(-0.5, 1, 128)
    got = trained(x, y, relu(), INFINITY, *values)
    np.testing.assert_array_equal(got.fate, Fate.unsettled)
    # For millions of steps one slides along another kink, which it will leave: nothing is said of it.
    held = ~got.undecided
    assert held.sum() >= 126
    np.testing.assert_array_equal(got.period[held], 0)
    np.testing.assert_allclose(params_of(got)[:, held].T - [weight, -weight * kink], 0, atol=1e-6)
    for field in ("death_step", "settle_step", "diverge_step", "fixed_step"):
        np.testing.assert_array_equal(getattr(got, field), -1)


def test_cycles_are_found_and_skipped_to_where_steps_go():
    x, y = X, Y
    rng = np.random.default_rng(10)
    rate = np.repeat([0.3, 0.5, 0.7], 20)
    values = rate, rng.uniform(0.5, 1.2, 60), rng.uniform(-0.3, 0.5, 60)
    got = trained(x, y, relu(), INFINITY, *values)
    np.testing.assert_array_equal(got.fate, Fate.unsettled)
    np.testing.assert_array_equal(got.fixed_step, -1)
    cycle = np.repeat([19, 8, 8], 20)
    # Rounding may let several times round pass before a neuron has the very same bits again.
    assert (got.period > 0).all()
    np.testing.assert_array_equal(got.period % cycle, 0)
    assert not got.undecided.any()
    before, *after = (params_of(trained(x, y, stepping(relu()), 20_000 + n, *values)) for n in (0, 8, 19))
    once_round = np.where(cycle == 8, *after)
    np.testing.assert_allclose(once_round, before, rtol=1e-9)
    for num_steps in (20_000, 20_011):
        by_jumps, by_steps = (trained(x, y, c, num_steps, *values) for c in (relu(), stepping(relu())))
        np.testing.assert_allclose(params_of(by_jumps), params_of(by_steps), rtol=1e-9)
        np.testing.assert_array_equal(by_jumps.num_active, by_steps.num_active)
        np.testing.assert_array_equal(by_jumps.fate, by_steps.fate)


# Extreme cases


def test_a_rate_of_0_changes_nothing():
    x, y = data_of("normal", NUM_EXAMPLES, np.random.default_rng(11))
    weight, bias = np.random.default_rng(12).normal(size=(2, NUM_NEURONS))
    weight[::5] = bias[::7] = 0.0
    for num_steps in (0, 1, 1000, INFINITY):
        got = trained(x, y, relu(), num_steps, np.zeros(NUM_NEURONS), weight, bias)
        np.testing.assert_array_equal(params_of(got), [weight, bias])
        silent = np.max(np.outer(weight, x) + bias[:, None], axis=1) <= 0
        np.testing.assert_array_equal(got.fate, np.where(silent, Fate.born_dead, Fate.unsettled))
        np.testing.assert_array_equal(got.death_step, np.where(silent, 0, -1))


@pytest.mark.parametrize("case", ["one", "two", "at 0"])
def test_steps_of_exactly_1_and_2_and_samples_exactly_at_0(case):
    """Samples may be at 0 before the first step. Where a later step leads to exactly 0, rounding decides, and
    another way to the same number is as right."""
    examples = {
        "one": ([1.0], [1.0]),
        "two": ([1.0, -1.0], [2.0, 0.0]),
        "at 0": ([1.0, 0.0, -1.0, 2.0], [1.0, -1.0, 0.0, 2.0]),
    }
    x, y = (np.resize(values, NUM_EXAMPLES) for values in examples[case])
    rate, weight, bias = (
        values.ravel() for values in np.meshgrid([0.25, 0.5, 1.0, 2.0], *[[-1.0, -0.5, 0.0, 0.5, 1.0]] * 2)
    )
    values = {"learning_rate": rate, "init_weight": weight, "init_bias": bias}
    for num_steps in (1, 2, 12):
        got = trained(x, y, relu(), num_steps, **values)
        path = stepped(x, y, values, num_steps, relu(), np.float64)
        since, _, _ = outcome(*path[2:4], relu())
        z = path[0][1:, :, None] * x + path[1][1:, :, None]
        is_clear = (abs(z) > 1e-12).all((0, 2))
        assert is_clear.mean() > 0.5
        wanted = np.array([path[0][-1], path[1][-1]])[:, is_clear]
        np.testing.assert_allclose(params_of(got)[:, is_clear], wanted, rtol=1e-12, atol=1e-14)
        np.testing.assert_array_equal(got.death_step[is_clear], since[is_clear])


def test_a_step_of_exactly_2_goes_to_and_fro_for_ever():
    """One example with x = 1 is curved by 2: at a rate of 1 z goes round its target."""
    z = np.linspace(0.05, 2.5, NUM_NEURONS)
    got = trained(*one_example(1, 1), relu(), INFINITY, np.ones(NUM_NEURONS), np.zeros_like(z), z)
    dies = z >= 2
    np.testing.assert_array_equal(got.fate, np.where(dies, Fate.died, Fate.unsettled))
    np.testing.assert_array_equal(got.death_step, np.where(dies, 1, -1))
    np.testing.assert_array_equal(got.period[~dies], 2)
    assert not got.undecided.any()


@pytest.mark.parametrize("rest", ["all alike", "one of many"])
def test_who_comes_to_0_from_above_never_dies(rest):
    """A lone active example with target 0: its z shrinks by one factor at every step, and stays above 0."""
    x, y = one_example(1.3, 0.0)
    if rest == "one of many":
        x, y = np.linspace(-1, 1, NUM_EXAMPLES), np.zeros(NUM_EXAMPLES)
    rng = np.random.default_rng(13)
    share = 1.0 if rest == "all alike" else 1 / NUM_EXAMPLES
    kappa = rng.uniform(0.01, 0.95, NUM_NEURONS)
    rate = kappa / (share * (x[-1] ** 2 + 1))
    # Between the largest input and the next one lies the threshold.
    weight = rng.uniform(0.5, 2, NUM_NEURONS)
    bias = -weight * x[-1] + rng.uniform(0.1, 0.9, NUM_NEURONS) * weight / 16
    got = trained(x, y, relu(), INFINITY, rate, weight, bias)
    np.testing.assert_array_equal(got.fate, Fate.converged)
    np.testing.assert_array_equal(got.death_step, -1)
    np.testing.assert_allclose(got.params.weight[:, 0] * x[-1] + got.params.bias, 0, atol=1e-14)
