"""On a CPU the steps with moments read packed tables, with the bits of plain ones, however trained."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.running_sums import find_half_lines
from jaxneuron.population import blocks, program
from jaxneuron.population.place import Place
from jaxneuron.population.program import compiled
from jaxneuron.population.start import Start, init_all
from jaxneuron.population.steps import take_some_steps
from jaxneuron.population.train import train_population

pytestmark = pytest.mark.skipif(not blocks.CAN_PACK, reason="this JAX rounds them otherwise")
RNG = np.random.default_rng(24)
NUM_NEURONS, NUM_STEPS = 1024, 100
# From one probe to as many examples as are packed.
SIZES = {"few": 2, "some": 64, "more": 300, "many": 4096}
VALUES = {
    "weight_decay": np.full(NUM_NEURONS, 0.01),
    "clip_norm": np.geomspace(0.1, 10, NUM_NEURONS),
    "target_scale": np.geomspace(0.5, 2, NUM_NEURONS),
}
WAYS = {
    "sgd": ("some", {}, []),
    "leaky": ("many", {"activation": "leaky_relu", "optimizer": "momentum"}, ["weight_decay"]),
}
# Each optimizer is in one of these or of those above.
MORE_WAYS = {
    "no bias": ("few", {"train_bias": False, "optimizer": "nesterov"}, ["weight_decay", "clip_norm"]),
    "identity": ("many", {"activation": "identity", "optimizer": "adam"}, ["target_scale"]),
    **{name: ("more", {"optimizer": name}, ["clip_norm"]) for name in ("adamw", "rmsprop", "adagrad")},
    "cosine": ("some", {"schedule": ("cosine", NUM_STEPS)}, []),
    "step": ("some", {"schedule": ("step", NUM_STEPS), "activation": "leaky_relu"}, []),
}


CALLED = r"(body|to_apply|branch_computations)=\{?(%[\w.-]+(?:, %[\w.-]+)*)"


def make_study(size, config, names):
    """What trains neurons: their places, what they share, and the config."""
    x = RNG.normal(size=SIZES[size])
    y = np.maximum(0, 1.1 * x + 0.2) + 0.2 * RNG.normal(size=len(x))
    half_lines = find_half_lines(x, y, "float32")
    examples = Examples(jnp.asarray(x[:, None], "float32"), jnp.asarray(y, "float32"), half_lines)
    values = {
        "learning_rate": np.geomspace(1e-3, 3.0, NUM_NEURONS),
        "init_weight": RNG.normal(size=(NUM_NEURONS, 1)),
        "init_bias": RNG.uniform(-2, 2, NUM_NEURONS),
        **{name: VALUES[name] for name in names},
    }
    cells = np.arange(NUM_NEURONS, dtype=np.uint32)
    swept = {name: jnp.asarray(value, "float32") for name, value in values.items()}
    place = Place(cells, np.zeros_like(cells), swept)
    return place, (Start(jax.random.key(0), {}, {}), examples, Config(gradient="moments", **config))


@pytest.mark.parametrize(
    "way", [*WAYS, *(pytest.param(name, marks=pytest.mark.thorough) for name in MORE_WAYS)]
)
def test_with_packed_tables_a_neuron_has_the_bits_of_the_plain_step(way):
    place, (start, examples, config) = make_study(*(WAYS | MORE_WAYS)[way])
    found = train_population(*place, start, examples, config, NUM_STEPS, find_diverge_steps=False)
    begin, _ = compiled(init_all, config)(place, start, examples)
    plain, _ = compiled(take_some_steps, config, NUM_STEPS)(place, begin, NUM_STEPS, start, examples)
    assert np.isfinite(found.params.bias).any()
    for one, other in zip(found.params, plain.params, strict=True):
        np.testing.assert_array_equal(np.asarray(one).view(np.int32), np.asarray(other).view(np.int32))


def launched_in_a_step():
    """How many kernels, branches and copies XLA has for a step."""
    place, study = make_study("few", {}, [])
    program.forget()
    train_population(*place, *study, NUM_STEPS, find_diverge_steps=False)
    modules = [m for e in jax.devices()[0].client.live_executables() for m in e.hlo_modules()]
    (text,) = (module.to_string() for module in modules if module.name == "jit__train")
    bodies = dict(re.findall(r"^(?:ENTRY )?%(\S+) .*?\{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL))

    def called(name):
        """What a computation calls, and whether as a loop; not the inside of a kernel."""
        for key, names in re.findall(CALLED, bodies[name]):
            yield from ((one, key == "body") for one in names.replace("%", "").split(", "))

    def innermost(name):
        """The computation within the most loops, and their number."""
        inner = [(name, 0)]
        for one, is_loop in called(name):
            found, depth = innermost(one)
            inner.append((found, depth + is_loop))
        return max(inner, key=lambda pair: pair[1])

    def count(name):
        own = len(re.findall(r" (?:fusion|conditional|copy)\(", bodies[name]))
        return own + sum(count(one) for one, _ in called(name))

    (entry,) = re.findall(r"^ENTRY %(\S+)", text, re.MULTILINE)
    step, depth = innermost(entry)
    assert depth == 3  # the loops of the queue, of its blocks and of steps
    return count(step)


@pytest.mark.thorough
def test_a_step_with_packed_tables_is_no_more_work_than_the_plain_one(monkeypatch):
    packed = launched_in_a_step()
    monkeypatch.setattr(blocks, "packed", lambda half_lines: half_lines)
    assert packed <= launched_in_a_step()
