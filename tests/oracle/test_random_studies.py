"""Studies drawn at random against the oracle: each fate, step and number of all neurons that are not chaotic.

A neuron is compared where the oracle tells the same of it in extended precision, in the study's own with the
examples in another order, and from starts and rates that differ by some units in the last place of that; and
where rounding decides none of it.
`JAXNEURON_REPEAT=100` draws a hundred times as many studies, which takes hours.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.half_lines import find_half_lines
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.optimizers import OPTIMIZERS
from jaxneuron.neuron.train import Config
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population
from tests.conftest import REPEAT
from tests.oracle import one_neuron
from tests.oracle.one_neuron import DIVERGED, STRAIGHT, Setting

pytestmark = pytest.mark.thorough

# One number of each, so that one program trains all data sets of a study.
NUM_EXAMPLES, NUM_NEURONS, NUM_DATASETS, NUM_STEPS, NUM_PROBES = 48, 128, 6, 150, 6
ACTIVATIONS = ("relu", "leaky_relu", "identity", "elu", "gelu", "softplus", "sigmoid", "tanh")
FACTS = ("fate", "death_step", "diverge_step", "settle_step", "revivals", "num_active")


def config_drawn(rng):
    """(config, precision, number of inputs, names of what is swept besides), any that go together."""
    activation = rng.choice(ACTIVATIONS, p=[0.4, 0.15, 0.1, 0.07, 0.07, 0.07, 0.07, 0.07])
    optimizer = rng.choice(list(OPTIMIZERS), p=[0.4] + [0.1] * (len(OPTIMIZERS) - 1))
    num_inputs = int(rng.choice([1, 3], p=[0.7, 0.3]))
    forms = ["in_order", "at_once"] + ["moments"] * 3 * (num_inputs == 1 and activation in STRAIGHT)
    form = rng.choice(forms) if num_inputs > 1 or activation in STRAIGHT else "in_order"
    by_jumps = form == "moments" and optimizer == "sgd" and rng.random() < 0.6
    precision = "float64" if by_jumps else rng.choice(["float32", "float64"])
    names = [name for name in ("weight_decay", "target_scale") if rng.random() < 0.3]
    config = Config(
        activation=str(activation),
        optimizer=str(optimizer),
        train_bias=bool(rng.random() < 0.8),
        gradient=str(form),
        method="jumps" if by_jumps else "steps",
    )
    return config, str(precision), num_inputs, names


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
    most = 8 if precision == "float32" else 30
    scales = [1.0 if rng.random() < 0.6 else 10.0 ** rng.uniform(-most, most) for _ in range(2)]
    return (
        np.resize(x * scales[0], (NUM_EXAMPLES, num_inputs)).astype(precision),
        np.resize(y * scales[1], NUM_EXAMPLES).astype(precision),
        *scales,
    )


def values_drawn(rng, x, x_scale, y_scale, config, names):
    """Values of neurons: rates up to three times what is stable, starts of the size of what fits."""
    weight = rng.normal(size=(NUM_NEURONS, x.shape[1])) * y_scale / x_scale
    bias = rng.uniform(-2, 2, NUM_NEURONS) * y_scale
    weight[::17], bias[::19] = 0.0, 0.0
    by_gradient = config.optimizer in ("sgd", "momentum", "nesterov")
    size = (
        2 / max(np.sum(x.astype(float) ** 2, axis=1).mean() + config.train_bias, 1e-60)
        if by_gradient
        else 1.0
    )
    rates = size * np.geomspace(1e-3, 3.0, NUM_NEURONS)
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
        **{name: drawn[name] for name in names},
    }


def trained(x, y, values, config, precision):
    """What the package says."""
    half_lines = None
    if config.gradient == "moments":
        half_lines = find_half_lines(x[:, 0].astype(float), y.astype(float), precision, num_probes=NUM_PROBES)
    examples = Examples(jnp.asarray(x), jnp.asarray(y), half_lines)
    cells, replicates = np.arange(NUM_NEURONS, dtype=np.uint32), np.zeros(NUM_NEURONS, np.uint32)
    swept = {name: jnp.asarray(value, precision) for name, value in values.items()}
    num_steps = float(NUM_STEPS) if config.method == "jumps" else NUM_STEPS
    start = Start(jax.random.key(0), {}, {})
    found = train_population(cells, replicates, swept, start, examples, config, num_steps)
    return jax.tree.map(np.asarray, found)


def told_alike(x, y, values, setting, precision):
    """(what the oracle tells in extended precision, who is clear and told alike in all ways, how far params
    differ)."""
    unit = 64 * np.finfo(precision).eps
    size = np.abs(values["init_weight"]).max(), np.abs(values["init_bias"]).max()
    moves = {"learning_rate": unit * values["learning_rate"]}
    moves |= {name: unit * most for name, most in zip(("init_weight", "init_bias"), size, strict=True)}
    up, down = ({name: values[name] + sign * by for name, by in moves.items()} for sign in (1, -1))
    orders = [np.random.default_rng(i).permutation(NUM_EXAMPLES) for i in range(2)]

    def told(dtype, values=values, order=slice(None)):
        return one_neuron.train(x[order], y[order], values, NUM_STEPS, setting, dtype, 8 * unit)

    exact = told(np.longdouble)
    others = [
        told(np.longdouble, values | up),
        told(np.longdouble, values | down),
        *(told(np.dtype(precision).type, order=order) for order in orders),
    ]
    is_alike = np.all([getattr(exact, f) == getattr(other, f) for f in FACTS for other in others], axis=0)
    with np.errstate(all="ignore"):
        off = np.max([np.abs(exact.params - other.params) for other in others], axis=0)
        is_number = np.isfinite(off).all(-1)
        is_calm = (off <= CALM * unit * exact.largest).all(-1) | ~is_number
    return exact, is_alike & exact.is_clear & is_calm, off


# How many times as far as the starts numbers may be off in the end.
CALM = 30


@pytest.mark.parametrize("seed", range(4 * REPEAT))
def test_no_study_is_found_of_which_the_oracle_tells_otherwise(seed):
    rng = np.random.default_rng(seed)
    config, precision, num_inputs, names = config_drawn(rng)
    setting = Setting(config.activation, config.optimizer, config.train_bias)
    num_compared = 0
    for number in range(NUM_DATASETS):
        x, y, x_scale, y_scale = data_drawn(rng, num_inputs, precision)
        values = values_drawn(rng, x, x_scale, y_scale, config, names)
        values = {name: value.astype(precision) for name, value in values.items()}
        with jax.enable_x64(precision == "float64"):
            got = trained(x, y, values, config, precision)
        exact, is_alike, off = told_alike(x, y, values, setting, precision)
        for fact in FACTS:
            want, found = (getattr(told, fact)[is_alike] for told in (exact, got))
            if fact == "num_active":
                want, found = (v[exact.fate[is_alike] != DIVERGED] for v in (want, found))
            where = np.flatnonzero(want != found)
            assert not len(where), (
                f"data set {number}, {config}, {precision}: {fact} of {np.flatnonzero(is_alike)[where][:5]} "
                f"is {found[where][:5]} and not {want[where][:5]}"
            )
        is_near = is_alike & (exact.fate != DIVERGED)
        params = np.column_stack([got.params.weight, got.params.bias])
        bound = 10 * off + 1000 * np.finfo(precision).eps * exact.largest
        far = np.flatnonzero(is_near & (np.abs(params - exact.params) > bound).any(-1))
        assert not len(far), (
            f"data set {number}, {config}, {precision}: params of {far[:5]} are {params[far[:3]]} "
            f"and not {exact.params[far[:3]]}"
        )
        num_compared += is_alike.sum()
    assert num_compared > NUM_DATASETS * NUM_NEURONS / 50  # or nothing was compared
