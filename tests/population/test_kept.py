"""A compiled program is kept, and found again just where all that decides it is the same."""

import hashlib
import pickle
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.population import kept, program
from jaxneuron.population.program import compiled

CONFIG = Config("relu")
X = np.linspace(-1, 1, 5, dtype=np.float32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where programs are kept; JAX, which keeps those of the other tests, keeps none meanwhile."""
    others = jax.config.values["jax_compilation_cache_dir"]
    monkeypatch.setenv("JAXNEURON_COMPILED_PROGRAMS", str(tmp_path))
    program.forget()
    jax.config.update("jax_compilation_cache_dir", None)
    compilation_cache.reset_cache()
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", others)
    compilation_cache.reset_cache()
    program.forget()


@pytest.fixture
def cosine():
    """A function of numbers, and a list that grows as often as it is traced."""
    traced = []

    def cosine(config, times, x):
        traced.append(config)
        return {"cosine": jnp.cos(times * x), "nothing": None}

    return cosine, traced


def in_a_new_process(function, config, times, x):
    """What the function gives where nothing is in memory."""
    program.forget()
    return np.asarray(compiled(function, config, times)(x)["cosine"])


def test_it_is_traced_once_and_has_the_same_bits(folder, cosine):
    function, traced = cosine
    first, second = (in_a_new_process(function, CONFIG, 3, X) for _ in range(2))
    assert len(traced) == 1
    assert first.tobytes() == second.tobytes()
    np.testing.assert_allclose(second, np.cos(3 * X), rtol=1e-6)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("config", "times", "x"),
    [
        (Config("relu", tolerance=1e-6), 3, X),
        (CONFIG, 4, X),
        (CONFIG, 3, X[1:]),
        (CONFIG, 3, X[:, None]),
        (CONFIG, 3, X.astype(np.int32)),
        (CONFIG, 3, (X,)),
    ],
)
def test_another_one_is_made_from_something_else(folder, cosine, config, times, x):
    function, traced = cosine

    def of_first(config, times, x):
        return function(config, times, jax.tree.leaves(x)[0])

    in_a_new_process(of_first, CONFIG, 3, X)
    found = in_a_new_process(of_first, config, times, x)
    assert len(traced) == 2
    np.testing.assert_allclose(found, np.cos(times * np.asarray(jax.tree.leaves(x)[0])), rtol=1e-6)


def test_another_setting_is_another_program(folder, cosine, monkeypatch):
    function, traced = cosine
    in_a_new_process(function, CONFIG, 3, X)
    with jax.enable_x64(True):
        in_a_new_process(function, CONFIG, 3, X)
    with jax.default_matmul_precision("highest"):  # of this thread only
        in_a_new_process(function, CONFIG, 3, X)
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    in_a_new_process(function, CONFIG, 3, X)
    monkeypatch.setattr(kept, "_source", lambda: "a later version")
    in_a_new_process(function, CONFIG, 3, X)
    monkeypatch.setattr(program, "compiler_options", lambda _: {"xla_cpu_prefer_vector_width": "128"})
    in_a_new_process(function, CONFIG, 3, X)
    assert len(traced) == 6


@pytest.mark.parametrize(
    "damage", [lambda c: c[: len(c) // 2], lambda c: c[:-9] + b"?" + c[-8:], lambda _: b""]
)
def test_a_damaged_one_is_made_again(folder, cosine, damage):
    function, traced = cosine
    first = in_a_new_process(function, CONFIG, 3, X)
    (path,) = folder.iterdir()
    sound = path.read_bytes()
    path.write_bytes(damage(sound))
    again, third = (in_a_new_process(function, CONFIG, 3, X) for _ in range(2))
    assert len(traced) == 2
    assert first.tobytes() == again.tobytes() == third.tobytes()


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, proof):
        self.proof = proof

    def __reduce__(self):
        return Path.touch, (self.proof,)


@pytest.mark.parametrize("is_private", [True, False])
def test_nothing_is_read_from_a_folder_to_which_others_may_write(
    folder, cosine, is_private, tmp_path_factory
):
    proof = tmp_path_factory.mktemp("proof") / "code was run"
    in_a_new_process(cosine[0], CONFIG, 3, X)
    (path,) = folder.iterdir()
    content = pickle.dumps(Evil(proof))
    path.write_bytes(hashlib.sha256(content).digest() + content)
    folder.chmod(0o700 if is_private else 0o770)
    np.testing.assert_allclose(in_a_new_process(cosine[0], CONFIG, 3, X), np.cos(3 * X), rtol=1e-6)
    assert proof.exists() == is_private  # what the user's own folder holds is the user's own
    assert (path.read_bytes()[32:] == content) != is_private


def test_where_nothing_can_be_written_it_runs_all_the_same(folder, cosine, monkeypatch):
    function, traced = cosine
    (folder / "file").touch()
    monkeypatch.setenv("JAXNEURON_COMPILED_PROGRAMS", str(folder / "file"))
    for _ in range(2):
        np.testing.assert_allclose(in_a_new_process(function, CONFIG, 3, X), np.cos(3 * X), rtol=1e-6)
    assert len(traced) == 2


@pytest.mark.parametrize("name", ["jax_compilation_cache_dir", "jax_enable_compilation_cache"])
def test_none_is_kept_where_jax_is_told_where_to_or_not_to(folder, cosine, tmp_path, name):
    before = jax.config.values[name]
    jax.config.update(name, str(tmp_path / "others") if name.endswith("dir") else False)
    try:
        in_a_new_process(cosine[0], CONFIG, 3, X)
    finally:
        jax.config.update(name, before)
    assert not list(folder.glob("*.compiled"))


def test_arrays_of_other_names_have_a_program_of_their_own(folder):
    """In one process, as where somebody follows a neuron of one sweep and then of another."""

    def with_names(config, swept):
        return {f"{name} of {config.activation}": value + 1 for name, value in swept.items()}

    for name in ("momentum", "init_bias", "momentum"):
        (found,) = compiled(with_names, CONFIG)({name: X}).items()
        assert found[0] == f"{name} of relu"
        np.testing.assert_array_equal(found[1], X + 1)
