"""What all tests share: shapes are checked, ranks are never promoted by accident, data is small."""

import gc
import os
import shlex
import signal
import sys

import jax
import pytest

from jaxneuron import cli
from jaxneuron.neuron.loss import Examples
from jaxneuron.population import train as population_train

jax.config.update("jax_numpy_rank_promotion", "raise")

# What is tried again and again is tried more often when this is asked for than CI has time for.
THOROUGH = "JAXNEURON_THOROUGH" in os.environ

# Where the tests are started in the background Ctrl-C is ignored, and what they start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _keep_compiled_programs_for_the_session(tmp_path_factory):
    """Compiling is most of the suite's time, and tests of both workers need the same small programs."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    jax.config.update("jax_compilation_cache_dir", str(folder / "compiled-programs"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture
def run_line(monkeypatch, capfd):
    """Runs a command line in this process: (exit code, stdout, stderr)."""

    def run(line: str) -> tuple[int | str | None, str, str]:
        monkeypatch.setattr(sys, "argv", ["jaxneuron", *shlex.split(line)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as exit:
            cli.main()
        return exit.value.code, *capfd.readouterr()

    return run


@pytest.fixture(autouse=True, scope="module")
def _forget_compiled_programs():
    """Every program holds hundreds of memory maps; with those of all tests the compiler runs out of them."""
    yield
    forget_compiled_programs()


def forget_compiled_programs():
    """Free what has been compiled so far."""
    population_train._compiled_once.cache_clear()
    jax.clear_caches()
    gc.collect()


@pytest.fixture(params=["float32", "float64"])
def precision(request):
    """Both precisions, with JAX's 64-bit mode off and on."""
    with jax.enable_x64(request.param == "float64"):
        yield request.param


def examples_of(x, y, precision="float32") -> Examples:
    """Examples from anything NumPy takes; a flat x is one input."""
    x = jax.numpy.asarray(x, precision)
    return Examples(x if x.ndim == 2 else x[:, None], jax.numpy.asarray(y, precision))
