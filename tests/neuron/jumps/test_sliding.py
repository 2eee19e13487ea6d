"""The certificate that a kink holds a neuron: against steps in NumPy, tens of thousands of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.hyperparams import Config, Hyperparams
from jaxneuron.neuron.jumps.sliding import hold_of
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.params import Params
from jaxneuron.neuron.running_sums import find_half_lines
from tests.conftest import REPEAT

NUM_EXAMPLES, NUM_NEURONS, NUM_DATA, NUM_PROBES = 6, 400, 24, 4


@jax.jit
def held(weight, bias, rate, half_lines, num_steps):
    """Of each of some neurons with one data set whether it is held, and its params after some steps."""

    def one(weight, bias, rate):
        params, hyperparams = Params(weight[None], bias), Hyperparams(rate)
        hold = hold_of(params, hyperparams, Examples(None, None, half_lines), Config())
        after = hold.params_after(num_steps)
        return hold.is_held, jnp.stack([after.weight[0], after.bias])

    return jax.vmap(one)(weight, bias, rate)


def holds_of(x, y, w, b, rate, num_steps=np.inf):
    found = [
        held(*values, find_half_lines(*data, "float64", num_probes=NUM_PROBES), num_steps)
        for *data, values in zip(x, y, zip(w, b, rate, strict=True), strict=True)
    ]
    return [np.asarray(values) for values in map(np.stack, zip(*found, strict=True))]


def descend(x, y, w, b, rate, num_steps):
    """Some steps of many neurons, (W, b)[data, neuron], and of each neuron the active examples at every
    step, as one number."""
    w, b = w.copy(), b.copy()
    # One example after the other, so that NumPy goes along the neurons.
    x, y = (
        np.ascontiguousarray(np.moveaxis(np.broadcast_to(values, (*w.shape, NUM_EXAMPLES)), -1, 0))
        for values in (x, y)
    )
    seen = []
    for _ in range(num_steps):
        z = w * x + b
        is_active = z > 0
        error = np.where(is_active, z - y, 0)
        seen.append(np.packbits(is_active, axis=0)[0])
        w -= rate * (error * x).mean(0)
        b -= rate * error.mean(0)
    return w, b, np.array(seen)


def population(seed, least_rate=1e-3, most_rate=0.5):
    """Small data sets that have kinks, and neurons before and while they slide along them."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(size=(NUM_DATA, NUM_EXAMPLES)))
    y = rng.normal(size=(NUM_DATA, NUM_EXAMPLES)) * 2
    w, b = rng.normal(size=(2, NUM_DATA, NUM_NEURONS))
    rate = 10.0 ** rng.uniform(*np.log10([least_rate, most_rate]), size=(NUM_DATA, NUM_NEURONS))
    return x, y, w, b, rate


@pytest.mark.thorough
def test_a_held_neuron_never_leaves_and_one_that_leaves_is_not_held():
    x, y, w, b, rate = population(1)
    x3, y3 = x[:, None], y[:, None]
    num_held = num_left = 0
    for _ in range(2):
        w, b, before = descend(x3, y3, w, b, rate, 300)
        is_held, _ = holds_of(x, y, w, b, rate)
        sets, which = np.nonzero(is_held)
        # Those that are held, each with its own data: 20 000 steps further on.
        x_held, y_held = x[sets], y[sets]
        start = w[sets, which], b[sets, which], rate[sets, which]
        _, _, seen = descend(x_held, y_held, *start, 20_000)
        silent, active = seen.min(0), seen.max(0)
        assert ((seen == silent) | (seen == active)).all()
        # They go on changing between two half-lines that differ by one example.
        differ = silent ^ active
        assert ((differ & (differ - 1)) == 0).all()
        assert (differ > 0).all()
        num_held += len(sets)
        # Those that have chattered at one example, and within some thousand steps are elsewhere.
        last = before[-100:]
        one, other = last.min(0), last.max(0)
        is_sliding = ((last == one) | (last == other)).all(0) & ((last[1:] != last[:-1]).sum(0) > 10)
        _, _, after = descend(x3, y3, w, b, rate, 3000)
        leaves = is_sliding & ~((after == one) | (after == other)).all(0)
        assert not (is_held & leaves).any()
        num_left += leaves.sum()
    assert num_held > 60
    assert num_left > 15


@pytest.mark.thorough
def test_no_step_that_is_too_large_is_certified():
    """At rates around the largest at which a step goes no further than to where it would rest."""
    num_held = 0
    for seed in range(8 * REPEAT):
        x, y, w, b, rate = population(100 + seed, 0.3, 30.0)
        for num_steps in (0, 1, 2, 5, 60):
            with np.errstate(over="ignore", invalid="ignore"):
                w, b, _ = descend(x[:, None], y[:, None], w, b, rate, num_steps)
                is_number = np.isfinite(w) & np.isfinite(b)
                is_held, _ = holds_of(x, y, *(np.where(is_number, v, 0) for v in (w, b)), rate)
            sets, which = np.nonzero(is_held & is_number)
            start = w[sets, which], b[sets, which], rate[sets, which]
            _, _, seen = descend(x[sets], y[sets], *start, 3000)
            silent, active = seen.min(0), seen.max(0)
            assert ((seen == silent) | (seen == active)).all()
            differ = silent ^ active
            assert ((differ > 0) & ((differ & (differ - 1)) == 0)).all()
            num_held += len(sets)
    assert num_held > 1000


@pytest.fixture(scope="module")
def sliding():
    """Data, and neurons at two rates that have come to their kinks: (x, y, {rate: (W, b)})."""
    x, y, w, b, _ = (values[:6] for values in population(2))
    found = {
        size: descend(x[:, None], y[:, None], w, b, np.full_like(w, size), int(5 / size))[:2]
        for size in (1e-2, 1e-3)
    }
    return x, y, found


@pytest.mark.parametrize("num_steps", [0, 500, 5000])
def test_a_held_neuron_slides_to_where_it_should(sliding, num_steps):
    """To within a multiple of the rate."""
    x, y, params = sliding
    errors = []
    for size, (w_now, b_now) in params.items():
        rate = np.full_like(w_now, size)
        is_held, params_held = holds_of(x, y, w_now, b_now, rate, float(num_steps))
        assert is_held.sum() > 40
        sets, which = np.nonzero(is_held)
        at = w_now[sets, which], b_now[sets, which]
        w_end, b_end, _ = descend(x[sets], y[sets], *at, size, num_steps)
        off = np.abs(np.stack([w_end, b_end], -1) - params_held[sets, which]).max(-1)
        errors.append(np.quantile(off, 0.9))
    assert errors[0] < 0.03
    assert errors[1] < errors[0] / 4


def pair(x, y, w, b, rate):
    """The hold of one neuron."""
    data = np.asarray(x, float), np.asarray(y, float)
    half_lines = find_half_lines(*data, "float64", num_probes=NUM_PROBES)
    is_held, end = held(*(jnp.asarray([value], float) for value in (w, b, rate)), half_lines, np.inf)
    return bool(is_held[0]), np.asarray(end[0])


# A line through three examples, and a fourth with a negative target at the kink x = 0, where W·x + b = 0.
X = [-1.0, -0.5, 0.0, 1.0, 2.0, 3.0]
Y = [0.0, 0.0, -0.8, 1.2, 2.2, 3.2]


def test_an_example_with_a_negative_target_holds_a_neuron_that_others_push_up():
    is_held, end = pair(X, Y, 1.0, 1e-6, 1e-3)
    assert is_held
    # With z = 0 at x = 0 the bias is 0, and the weight the best without one.
    x, y = np.array(X), np.array(Y)
    best = (x * y)[x > 0].sum() / (x**2)[x > 0].sum()
    np.testing.assert_allclose(end, [best, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("it is not pushed down while active", {"y": [0.0, 0.0, 0.8, 1.2, 2.2, 3.2]}),
        ("it is pushed down while silent", {"y": [0.0, 0.0, -0.8, 0.8, 1.8, 2.8]}),
        ("the rate is 0", {"rate": 0.0}),
        ("a step is too large", {"rate": 3.0}),
        ("another example is as near", {"x": [-1.0, -1e-6, 0.0, 1.0, 2.0, 3.0]}),
        ("it is on its way through 0", {"w": -1.0}),
        ("z is far from the kink", {"b": 0.4}),
    ],
)
def test_what_is_missing_for_a_hold(why, change):
    case = {"x": X, "y": Y, "w": 1.0, "b": 1e-6, "rate": 1e-3, **change}
    assert not pair(**case)[0], why


def test_on_the_way_to_a_place_where_nothing_holds_it_is_not_held():
    """Here the kink pushes back on both sides, but no more at its point at rest: the neuron leaves."""
    x, y = np.array(X), np.array(Y)
    w, b, rate = 0.2, 1e-6, 1e-3
    # Pushed up by targets above W·x; as the weight grows to what is best without a bias, no longer.
    y[3:] = [0.2, 2.0, 3.6]
    active = x > 0
    best = (x * y)[active].sum() / (x**2)[active].sum()
    assert (y - w * x)[active].mean() > 0 > (y - best * x)[active].mean()
    one = np.array([w]), np.array([b])
    is_held, _ = pair(x, y, w, b, rate)
    assert not is_held
    _, _, after = descend(x, y, *one, rate, 50_000)
    assert len(np.unique(after)) >= 2
    assert len(np.unique(after[-1000:])) == 1  # it has left
