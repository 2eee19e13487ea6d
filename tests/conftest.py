"""What all tests share: shapes are checked, ranks are never promoted by accident, data is small."""

import gc
import json
import os
import shlex
import shutil
import signal
import sys

import jax
import pytest

from jaxneuron import cli
from jaxneuron.neuron.loss import Examples
from jaxneuron.population import program
from tests.results import life_of, lifelines, run_of  # noqa: F401, as fixtures of all tests

jax.config.update("jax_numpy_rank_promotion", "raise")

# Tracing makes much that is freed without the collector, which would look through all of JAX again and again.
gc.set_threshold(100_000, 50, 1000)

# A run is hundreds of small files: where there is memory for them, tests write nothing to a disk, which would
# take twenty times as long.
MEMORY = "/dev/shm"
if os.path.isdir(MEMORY) and shutil.disk_usage(MEMORY).free > 8 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)

# How often as much as usual is drawn at random: what is killed, what is damaged, data that nobody chose.
REPEAT = int(os.environ.get("JAXNEURON_REPEAT", "1"))
KILLS = 4 * REPEAT

# Where the tests are started in the background Ctrl-C is ignored, and what they start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _keep_compiled_programs(pytestconfig, tmp_path_factory):
    """Compiling is most of the suite's time: both workers and the next session need the same programs. JAX
    keeps those of tests, which may replace what decides a program; the processes that they start do not."""
    has_cache = pytestconfig.pluginmanager.hasplugin("cacheprovider")
    make = pytestconfig.cache.mkdir if has_cache else tmp_path_factory.mktemp
    folder = make("compiled-programs")
    os.environ["JAXNEURON_COMPILED_PROGRAMS"] = str(folder)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def pytest_runtest_setup(item):
    """Tells the compiler how much to optimise."""
    is_little = item.nodeid.startswith(LITTLE_OPTIMISED)
    if jax.config.values["jax_disable_most_optimizations"] != is_little:
        jax.config.update("jax_disable_most_optimizations", is_little)
        program.forget()


# These compare numbers, or bits of programs that are compiled alike, and compiling takes most of their time:
# so the compiler optimises little. All other programs are as users have them.
LITTLE_OPTIMISED = (
    "tests/experiments/",
    "tests/neuron/jumps/",
    *(f"tests/neuron/test_{name}.py" for name in ("absorbed", "fate", "gradient", "moments", "params")),
    *(f"tests/neuron/test_{name}.py" for name in ("target_scale", "train")),
    "tests/neuron/test_batches.py",
    "tests/neuron/test_schedules.py",
    *(f"tests/population/test_{name}.py" for name in ("extreme_scales", "fate_steps")),
    "tests/population/test_chunks.py",
    "tests/population/test_results.py",
    "tests/population/test_train_by_jumps.py",
    "tests/oracle/",
    *(f"tests/runner/test_{name}.py" for name in ("categories", "datasets", "dispatch", "extend", "jumps")),
    *(f"tests/runner/test_{name}.py" for name in ("scaled_target", "sweep", "theory")),
    "tests/runner/test_varied_programs.py",
    "tests/runner/test_rounding.py::test_unsettled",
    "tests/runner/test_rounding.py::test_who_sweeps",
    "tests/study/",
    "tests/analysis/",
    *(f"tests/explorer/test_{name}.py" for name in ("beginnings", "known_data", "safety", "situations")),
    "tests/view/",
    "tests/test_cli.py",
    "tests/test_docs.py",
    "tests/test_plot_command.py",
    "tests/test_python.py",
    "tests/test_readme.py",
    "tests/test_streams.py",
    "tests/test_throughput.py",
    "tests/test_visible.py",
    "tests/test_workers_commands.py",
)


@pytest.fixture
def compilations():
    """The names of the functions that are compiled from now on, or read from those compiled before."""
    program.forget()
    names: list[str] = []

    def note(event: str, _: float, **about: object) -> None:
        if event == COMPILATION:
            names.append(str(about["fun_name"]))

    jax.monitoring.register_event_duration_secs_listener(note)
    yield names
    jax.monitoring.unregister_event_duration_listener(note)


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


@pytest.fixture
def succeed(run_line):
    """Runs a command line that must succeed without a complaint: stdout."""

    def run(line: str) -> str:
        code, out, err = run_line(line)
        assert (code, err) == (0, "")
        return out

    return run


@pytest.fixture
def found(succeed):
    """Runs a command line with --json: the one JSON value that it prints, without NaN and Infinity."""

    def refuse(constant: str):
        raise AssertionError(constant)

    return lambda line: json.loads(succeed(f"{line} --json"), parse_constant=refuse)


@pytest.fixture
def refused(run_line):
    """Runs a command line that must be refused in one line, with nothing on stdout: that line."""

    def run(line: str) -> str:
        code, out, err = run_line(line)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "Traceback" not in err
        return err

    return run


def pytest_runtest_teardown():
    """Every program holds hundreds of memory maps, of which a process may have only so many: before they run
    out, what has been compiled so far is forgotten. They are counted when many programs have come."""
    if len(_compiled) >= 16:
        _compiled.clear()
        with open("/proc/self/maps", "rb") as maps:
            number = sum(1 for _ in maps)
        if number > MOST_MAPS:
            program.forget()


# JAX's name of the event.
COMPILATION = "/jax/core/compile/backend_compile_duration"
# Half of what Linux gives a process unless it is told otherwise.
MOST_MAPS = 2**15
_compiled: list[str] = []


def _note_compilation(event: str, _: float, **__: object) -> None:
    if event == COMPILATION:
        _compiled.append(event)


jax.monitoring.register_event_duration_secs_listener(_note_compilation)


@pytest.fixture(params=["float32", "float64"])
def precision(request):
    """Both precisions, with JAX's 64-bit mode off and on."""
    with jax.enable_x64(request.param == "float64"):
        yield request.param


def examples_of(x, y, precision="float32") -> Examples:
    """Examples from anything NumPy takes; a flat x is one input."""
    x = jax.numpy.asarray(x, precision)
    return Examples(x if x.ndim == 2 else x[:, None], jax.numpy.asarray(y, precision))
