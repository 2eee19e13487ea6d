"""The command line: what it prints, what it writes, how it ends."""

import itertools
import json
import logging
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import jax
import numpy as np
import pytest
from click.shell_completion import ShellComplete

import jaxneuron
from jaxneuron import cli
from jaxneuron.cli.completion import NAMES
from jaxneuron.study.sources import Table
from jaxneuron.study.study import Training

DATA = "x,y\n" + "".join(f"{x},{max(0.0, 1.5 * x + 0.5)}\n" for x in np.linspace(-2, 2, 12))
STUDY = """\
[data]
file = "data.csv"
inputs = ["x"]
target = "y"
[training]
num_steps = 20
[sweep]
learning_rate = [0.1, 1.0, 30.0]
init_bias = [-4.0, 0.0]
replicates = 4
chunk_size = 8
"""
LONG_STUDY = """\
data = { x = [0, 1, 2, 3], y = [1, 2, 2, 5] }
training = { num_steps = 200_000, optimizer = "adam" }
[sweep]
learning_rate = { log = [1e-3, 1], num = 64 }
replicates = 64
chunk_size = 64
"""
ONE = """\
data = { x = [1.0], y = [1.0] }
training = { num_steps = 1 }
sweep = { learning_rate = 0.1 }
"""
STORED_RUN = Path(__file__).parent / "store" / "stored_runs" / "format-3.zip"
MAP = "Fates over|: its path over"
TRAIN = "train data.csv --input x --target y"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A working folder with data and a study. Other processes share compiled programs with this one."""
    for name in (
        "jax_compilation_cache_dir",
        "jax_persistent_cache_min_compile_time_secs",
        "jax_persistent_cache_min_entry_size_bytes",
        "jax_disable_most_optimizations",
    ):
        monkeypatch.setenv(name.upper(), str(jax.config.values[name]))
    (tmp_path / "data.csv").write_text(DATA)
    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> Path:
    """The run of the study, made once: tests that read, damage or replace one have a copy of it."""
    home = tmp_path_factory.mktemp("swept")
    (home / "data.csv").write_text(DATA)
    (home / "study.toml").write_text(STUDY)
    jaxneuron.sweep(jaxneuron.read_study(home / "study.toml"), home / "run.zarr")
    return home / "run.zarr"


@pytest.fixture
def run(swept, folder) -> Path:
    """A copy of the study's run in the folder."""
    return Path(shutil.copytree(swept, folder / "run.zarr").name)


def python(code: str, *arguments: str) -> tuple[int, str, str]:
    """What a fresh interpreter ends with, and prints."""
    line = [sys.executable, "-c", code, *arguments]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


def start(*arguments: str, **options) -> subprocess.Popen:
    """The command line as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "jaxneuron", *arguments], **options)


# train


def test_train_reads_the_dialect_that_is_said_and_tells_what_it_left_out(run_line, folder):
    (folder / "europe.txt").write_text(DATA.replace(",", ";").replace(".", ",") + "-;5\n")
    rest = "--input x --target y --json --num-steps 20 --figure f.png"
    dialect = "--separator ';' --decimal , --missing drop --missing-value=-"

    _, plain, _ = run_line(f"train data.csv {rest}")

    told = "europe.txt: 1 of 13 rows (13) are left out, as they miss 'x'\n"
    assert run_line(f"train europe.txt {rest} {dialect}") == (0, plain, told)


def test_train(succeed):
    out = succeed(TRAIN)
    for words in ("converged after", "y = relu(", "figure: runs/data-neuron.png"):
        assert words in out
    assert Path("runs/data-neuron.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.thorough
def test_train_by_jumps(found, refused):
    """In double precision unless something else is asked for, and 10⁸ steps in no time."""
    line = f"{TRAIN} --method jumps --num-steps 1e8 --init-weight 1"
    neuron = found(line)
    assert (neuron["fate"], neuron["num_steps"]) == ("converged", 10**8)
    assert "float64" in refused(f"{line} --precision float32")


def test_train_json(found):
    neuron = found(f"{TRAIN} --init-weight 1 --figure deep/fit.svg")
    assert neuron["fate"] == "converged"
    assert len(neuron["losses"]) == neuron["num_steps"] + 1
    assert neuron["losses"][-1] == neuron["loss"]
    assert neuron["figure"] == "deep/fit.svg"
    assert (neuron["inputs"], neuron["death_step"], neuron["what_helps"]) == (["x"], -1, None)
    (slope,), (scale,) = neuron["in_data_units"]["weight"], neuron["scaling"]["x_scale"]
    assert slope == pytest.approx(neuron["weight"][0] * neuron["scaling"]["y_scale"] / scale)
    assert b"<svg" in Path("deep/fit.svg").read_bytes()
    neuron = found(f"{TRAIN} --init-weight 1 --learning-rate 1e9 --no-figure")
    assert (neuron["fate"], neuron["loss"]) == ("diverged", None)


def test_train_draws_no_figure_where_none_is_wanted(succeed, refused):
    assert "Training, in the data's units" in succeed(f"{TRAIN} --no-figure --units data --num-steps 3")
    assert not Path("runs").exists()
    assert "--no-figure" in refused(f"{TRAIN} --no-figure --figure a.png")


@pytest.mark.parametrize(
    "options",
    ["", "--optimizer adam", pytest.param("--no-bias --activation tanh", marks=pytest.mark.thorough)],
)
def test_train_explains_the_chain_rule(options, succeed):
    lines = succeed(f"{TRAIN} --init-weight 1 --num-steps 20 --explain {options}").splitlines()
    header = next(line for line in lines if "chain rule" in line and "jax.grad" in line)
    assert "before" in header
    rows = lines[lines.index(header) + 1 :][:2]
    assert [row.split()[0] for row in rows] == ["W", "b"]
    for row in rows:
        _, before, by_hand, by_jax, update, after = row.split()
        assert float(by_hand) == pytest.approx(float(by_jax), rel=1e-6, abs=1e-9)
        assert float(after) == pytest.approx(float(before) + float(update), rel=1e-5, abs=1e-6)


def test_train_is_the_same_twice(found):
    first, second, other = (found(f"{TRAIN} --num-steps 30 --seed {seed}") for seed in (1, 1, 2))
    assert first == second
    assert first["losses"] != other["losses"]


def test_train_takes_its_options(found):
    starts = "--init-weight 0.5 --init-bias 0.25 --learning-rate 0.05"
    neuron = found(f"{TRAIN} {starts} --num-steps 3 --precision float64 --scale none --tolerance 0")

    x, y = np.loadtxt("data.csv", delimiter=",", skiprows=1).T
    weight, bias, losses = 0.5, 0.25, []
    for _ in range(4):
        z = weight * x + bias
        error = np.maximum(z, 0) - y
        losses.append(np.mean(error**2) / 2)
        grads = np.mean(error * (z > 0) * x), np.mean(error * (z > 0))
        last = weight, bias
        weight, bias = weight - 0.05 * grads[0], bias - 0.05 * grads[1]
    np.testing.assert_allclose(neuron["losses"], losses, rtol=1e-12)
    np.testing.assert_allclose([*neuron["weight"], neuron["bias"]], last, rtol=1e-12)


# sweep


def test_sweep(run_line):
    code, out, err = run_line("sweep study.toml --out new/run.zarr")
    assert code == 0
    room, *progress = err.splitlines()
    assert re.fullmatch(r"24 neurons take about \d+ MB of memory and \d+ kB of disk", room)
    assert [line.split(",")[0] for line in progress] == [f"{done} of 24 neurons" for done in (0, 8, 16, 24)]
    assert [bool(re.search(r", \d:\d\d:\d\d \(h:mm:ss\) left$", line)) for line in progress] == [0, 1, 1, 0]
    for words in ("Fates", "converged", "diverged", "born dead", "died", "unsettled", "Best cells"):
        assert words in out
    assert "run: new/run.zarr\nfigure: new/run.png\n" in out
    assert Path("new/run.png").read_bytes().startswith(b"\x89PNG")
    sizes = dict(jaxneuron.open_run("new/run.zarr").cells.fate_count.sizes)
    assert sizes == {"learning_rate": 3, "init_bias": 2, "fate": 5}
    assert sorted(os.listdir("new")) == ["run.png", "run.zarr"]


def test_a_quiet_sweep_says_nothing(run_line):
    assert run_line("sweep study.toml --out run.zarr --quiet") == (0, "", "")
    assert sorted(os.listdir()) == ["data.csv", "run.png", "run.zarr", "study.toml"]
    assert run_line("worker run.zarr --index 0 --of 1 --quiet") == (0, "", "")
    Path("study.toml").write_text(STUDY.replace("num_steps = 20", "num_steps = 21"))
    assert run_line("sweep study.toml --out run.zarr --quiet")[2].count("\n") == 1


def test_sweep_json(found, folder):
    swept = found("sweep study.toml --figure map.pdf")
    assert (swept["run"], swept["figure"]) == (f"runs/{folder.name}.zarr", "map.pdf")
    assert Path("map.pdf").read_bytes().startswith(b"%PDF")
    assert swept["num_neurons"] == sum(swept["fates"].values()) == 24
    assert len(swept["best"]) == 5
    assert {"learning_rate", "init_bias", "final_loss", "converged"} <= set(swept["best"][0])


def test_a_second_sweep_returns_at_once_and_another_study_is_refused(run_line, refused, run):
    def written():
        return {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.name != "lock"}

    before, line = written(), "sweep study.toml --out run.zarr"
    code, out, err = run_line(line)
    assert (code, err) == (0, "24 of 24 neurons\n")
    assert "Fates" in out

    Path("study.toml").write_text(STUDY.replace("num_steps = 20", "num_steps = 21"))
    assert "run.zarr: holds another run: training.num_steps is 20 there and 21 here" in refused(line)
    assert written() == before

    assert run_line(f"{line} --overwrite")[0] == 0
    assert jaxneuron.open_run("run.zarr").study.training.num_steps == 21
    assert sorted(os.listdir()) == ["data.csv", "run.png", "run.zarr", "study.toml"]


def test_sweep_names_the_run_after_the_study(run_line):
    Path("study.toml").rename("rates.toml")
    code, out, _ = run_line("sweep rates.toml")
    assert code == 0
    assert "run: runs/rates.zarr" in out
    assert sorted(os.listdir("runs")) == ["rates.png", "rates.zarr"]


# doctor, help


def test_doctor(succeed, found):
    out = succeed("doctor")
    for words in ("devices", "a sweep runs on", "versions", "jaxlib", "python"):
        assert words in out
    findings = found("doctor")
    assert findings.keys() == {"devices", "chunks_in_flight", "compiled_programs", "versions"}
    assert findings["devices"][0].keys() == {"platform", "id", "kind", "is_used"}
    assert {"python", "jaxneuron", "jax", "numpy"} <= set(findings["versions"])


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", ["", *cli.commands.commands])
def test_help(command, option, succeed):
    out = succeed(f"{command} {option}")
    assert f"Usage: jaxneuron {command}".rstrip() in out
    assert "--help" in out


def test_no_command_at_all_shows_the_help_and_is_a_mistake(run_line):
    code, out, err = run_line("")
    assert (code, out) == (2, "")
    assert err.startswith("Usage: jaxneuron [OPTIONS] COMMAND")
    assert "sweep" in err


def test_shells_complete_the_names_that_there_are():
    fields = Training.model_fields | Table.model_fields
    for name in ("method", "precision", "scale"):
        assert set(NAMES[name]) == set(get_args(fields[name].annotation))
    complete = ShellComplete(cli.commands, {}, "jaxneuron", "_JAXNEURON_COMPLETE").get_completions
    found = complete(["train", "data.csv", "--optimizer"], "ada")
    assert [item.value for item in found] == ["adam", "adamw", "adagrad"]
    assert [item.type for item in complete(["best"], "ru")] == ["dir"]


def test_one_is_one(run_line):
    """One neuron on one example for one step, in every command that counts something."""
    Path("one.toml").write_text(ONE)
    for line in ("sweep one.toml", "plan one.toml --seconds 0", "create one.toml", "best runs/one.zarr"):
        code, out, err = run_line(line)
        assert code == 0, err
        assert re.findall(r"\b1 (?:neuron|cell|chunk|step|example|file|value)s\b", out + err) == [], line


def test_every_file_is_a_command():
    files = Path(cli.__file__).parent.glob("command/[a-z]*.py")
    assert {path.stem for path in files} == cli.commands.commands.keys() >= {"train", "sweep", "worker"}


def test_who_reads_waits_for_nothing_that_trains_or_is_not_needed(run):
    """In one process, from what imports the least to what imports the most."""
    code = """
import contextlib, sys

def say_what_is_heavy(*heavy):
    print("heavy:", sorted({"jax", "optax", *heavy} & set(sys.modules)))

def command(*line):
    sys.argv = ["jaxneuron", *line]
    with contextlib.suppress(SystemExit):
        main()

ALL = "xarray", "pandas", "matplotlib", "zarr", "scipy", "rich.table"
import jaxneuron
say_what_is_heavy(*ALL)
from jaxneuron.cli import main
for line in (["--help"], ["sweep", "--help"]):
    command(*line)
    say_what_is_heavy(*ALL)
command("status", "run.zarr")
say_what_is_heavy("xarray", "pandas")
command("best", "run.zarr")
command("export", "run.zarr", "cells.csv")
say_what_is_heavy("matplotlib", "scipy.special", "scipy.stats", "scipy.optimize")
command("deaths", "run.zarr")
command("plot", "run.zarr", "map.png")
say_what_is_heavy()
"""
    status, printed, complained = python(code)
    assert status == 0, complained
    usages = ("Usage: jaxneuron [OPTIONS] COMMAND", "Usage: jaxneuron sweep")
    for words in (*usages, "missing", "Best cells", "cells.csv", "Deaths", "map.png"):
        assert words in printed
    assert [line for line in printed.splitlines() if line.startswith("heavy:")] == ["heavy: []"] * 6


def test_train_reads_no_runs():
    code = f"""
import contextlib, sys
from jaxneuron.cli import main

sys.argv = "jaxneuron {TRAIN} --num-steps 2 --no-figure".split()
with contextlib.suppress(SystemExit):
    main()
heavy = "zarr", "scipy", "pandas", "xarray", "jaxneuron.analysis.run", "matplotlib"
print([name for name in heavy if name in sys.modules])
"""
    status, printed, complained = python(code)
    assert (status, printed.splitlines()[-1]) == (0, "[]"), complained


def test_a_study_and_a_run_in_python_wait_for_no_jax(run):
    code = """
import sys, jaxneuron
jaxneuron.Study(data={"x": [1], "y": [1]}, sweep={"learning_rate": 0.1})
run = jaxneuron.open_run("run.zarr")
run.best(), run.deaths(), run.plot()
print("jax" in sys.modules)
"""
    assert python(code)[:2] == (0, "False\n")


# Stopping


@pytest.mark.parametrize("stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_ctrl_c_and_the_end_of_a_container_keep_what_is_done(stop, folder, run_line, monkeypatch):
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "0")  # it trains for long
    (folder / "long.toml").write_text(LONG_STUDY)
    command = "sweep long.toml --out runs/run.zarr"
    process = start(*shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "of 4,096 neurons" not in process.stderr.readline():
        assert process.poll() is None
    while not any((folder / "runs/run.zarr/work/marker").glob("c/*")):
        time.sleep(0.02)

    process.send_signal(stop)
    began = time.monotonic()
    out, err = process.communicate(timeout=30)

    assert time.monotonic() - began < 15
    assert (process.returncode, out) == (130, "")
    kept = r"interrupted: [\d,]+ of 4,096 neurons are kept; to resume: jaxneuron "
    assert re.fullmatch(kept + re.escape(command), err.strip().splitlines()[-1])
    code, out, _ = run_line("status runs/run.zarr --json")
    assert code == 1
    assert 0 < json.loads(out)["neurons_done"] < 4096
    assert not any((folder / "runs").rglob(".*"))


@pytest.mark.thorough
def test_ctrl_c_ends_train(folder, tmp_path_factory, monkeypatch):
    programs, before = tmp_path_factory.mktemp("programs"), sorted(folder.rglob("*"))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(programs))
    line = f"{TRAIN} --num-steps 2_000_000_000 --tolerance 0 --batch-size 4"
    process = start(*shlex.split(line), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any(programs.iterdir()):  # until it has compiled something
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (130, "")
    assert err.strip() == "interrupted: nothing was kept; the same line starts again"
    assert sorted(folder.rglob("*")) == before


SWALLOWED = """
import signal, sys, time
import jax
from jaxneuron.cli import process

class Swallows:
    def __del__(self):  # as JAX's callbacks do, of which Python reports the error and continues
        signal.raise_signal(signal.SIGTERM)

process.handle_signals()
process.SECONDS_TO_STOP, process.SECONDS_TO_END = 0.2, 0.6
try:
    del (swallows := [Swallows()])[0]
    print("continues", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("stops", flush=True)
    time.sleep(60)  # and does not end
"""
BEFORE_JAX = """
import signal, sys
from jaxneuron.cli import process
process.handle_signals()
assert 'jax' not in sys.modules
signal.raise_signal(signal.SIGTERM)
print('continues')
"""


@pytest.mark.parametrize(
    ("code", "printed", "said"),
    [
        pytest.param(
            SWALLOWED,
            "continues\nstops\n",
            "what is done is kept; the same line resumes it",
            marks=pytest.mark.thorough,
        ),
        (BEFORE_JAX, "", "nothing had begun; the same line starts again"),
    ],
)
def test_a_signal_ends_the_program_even_if_it_is_swallowed_or_early(code, printed, said):
    assert python(code) == (130, printed, f"interrupted: {said}\n")


# On a terminal


def variables_of_a_terminal(columns: int) -> dict[str, str]:
    return {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "24"}


def all_that_is_seen(ours: int) -> str:
    """What comes to our end of a terminal until the other one is closed."""
    seen = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    return seen.decode()


@pytest.fixture
def on_a_terminal(monkeypatch):
    """Runs a command line in this process, its output a terminal: (exit code, all that a person sees)."""

    def run(line: str, columns: int = 100, **variables: str) -> tuple[int | str | None, str]:
        ours, theirs = pty.openpty()
        seen: list[str] = []
        reader = threading.Thread(target=lambda: seen.append(all_that_is_seen(ours)))
        reader.start()
        handlers = logging.root.handlers[:]
        with open(theirs, "w") as terminal, monkeypatch.context() as patch:
            for name, value in (variables_of_a_terminal(columns) | variables).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["jaxneuron", *shlex.split(line)])
            patch.setattr(sys, "stdout", terminal)
            patch.setattr(sys, "stderr", terminal)
            with pytest.raises(SystemExit) as exit:
                cli.main()
        logging.root.handlers[:] = handlers  # one of the command line's writes to the terminal
        reader.join()
        return exit.value.code, seen[0]

    return run


def without_colours(seen: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)


def assert_there_is_a_map(seen: str, columns: int) -> None:
    """In colours, and of the width and the height of the terminal."""
    lines = without_colours(seen).split("\r\n")
    start = next(i for i, line in enumerate(lines) if re.search(MAP, line))
    drawn = lines[start : lines.index("", start)]
    assert sum("▀" in line for line in drawn) == 24 // 2 - 3
    assert max(map(len, drawn)) <= columns
    assert "\x1b[38;" in seen


@pytest.mark.parametrize(
    "engine",
    [
        "",
        pytest.param(
            "--engine ray",
            marks=[
                pytest.mark.thorough,
                pytest.mark.skipif(not find_spec("ray"), reason="Ray is not installed"),
            ],
        ),
    ],
)
def test_a_terminal_sees_a_bar_and_a_map(engine, folder):
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    process = start(
        "sweep", "study.toml", *engine.split(), **streams, env=os.environ | variables_of_a_terminal(100)
    )
    os.close(theirs)
    seen = all_that_is_seen(ours)
    assert process.wait(timeout=60) == 0, seen
    assert "24/24 neurons" in without_colours(seen)
    assert "Fates" in seen
    assert f"figure: runs/{folder.name}.png" in without_colours(seen)
    assert_there_is_a_map(seen, 100)


@pytest.mark.parametrize(
    ("command", "columns"),
    [("sweep study.toml", 40), (f"{TRAIN} --init-weight 1", 80), ("sweep study.toml", 160)],
)
def test_a_terminal_sees_a_map_of_its_width(command, columns, on_a_terminal):
    code, seen = on_a_terminal(command, columns)
    assert code == 0
    assert_there_is_a_map(seen, columns)


@pytest.mark.parametrize("command", ["sweep study.toml", f"{TRAIN} --init-weight 1"])
def test_there_is_no_map_but_on_a_terminal(command, run_line, on_a_terminal, monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.setenv(name, "1")
    _, out, _ = run_line(command)
    assert not re.search(MAP, out)

    code, seen = on_a_terminal(f"{command} --json", NO_COLOR="1")
    assert code == 0
    json.loads(seen)

    code, seen = on_a_terminal(command, NO_COLOR="1")
    assert code == 0
    assert re.search(MAP, seen)
    after = re.split(MAP, seen)[-1]
    assert not set("▀▄█") & set(after)
    assert "\x1b[38;" not in after


def test_a_terminal_sees_no_bar_where_a_study_is_refused(on_a_terminal):
    Path("study.toml").write_text(STUDY.replace("num_steps = 20", "num_steps = -1"))
    code, seen = on_a_terminal("sweep study.toml")
    assert code == 2
    assert seen == "jaxneuron: study.toml: training.num_steps: is -1; it must be at least 0\r\n"
    assert not Path("runs").exists()


# Reading a run


def test_runs_with_dots_in_their_names_have_figures_of_their_own(run_line, run):
    shutil.copytree(run, "lr0.1")
    for line in ("deaths lr0.1", "report lr0.1", "sweep study.toml --out lr0.1"):
        assert run_line(line)[0] == 0
    assert {"lr0.1.png", "lr0.1-deaths.png", "lr0.1.html"} <= set(os.listdir())


@pytest.mark.parametrize(
    ("line", "path", "other", "drawn"),
    [
        ("report {}", "run.zarr", "run", "run.html"),
        ("deaths {}", "run", "run.zarr", "run-deaths.png"),
        ("sweep study.toml --overwrite --out {}", "run-deaths", "run.zarr", "run-deaths.png"),
    ],
)
def test_what_is_made_of_a_run_is_not_made_of_another(line, path, other, drawn, refused, run):
    for name in {path, other} - {"run.zarr"}:
        shutil.copytree(run, name)
    wrong = f"what is drawn of it, {drawn}, has the same name as of {other}, a run beside it"
    assert refused(line.format(path)) == f"jaxneuron: {path}: {wrong}; give another path, or rename a run\n"
    assert not Path(drawn).exists()


@pytest.mark.parametrize(
    "line", ["plot {}.png", "deaths --figure {}.png", "sweep study.toml --figure {}.png", "export {}.csv"]
)
def test_nothing_is_written_into_a_run(line, refused, run):
    command, *rest = line.format(run / "work" / "new").split()
    rest = rest if command == "sweep" else ["run.zarr", *rest]
    assert "is inside the run run.zarr; choose a place outside of it" in refused(shlex.join([command, *rest]))


def test_status_best_and_export(succeed, found, run):
    out = succeed("status run.zarr --verify")
    for words in ("all", "done", "missing", "24", "everything that is done holds what was written"):
        assert words in out
    status = found("status run.zarr")
    assert (status["neurons_done"], status["num_neurons"], status["is_whole"]) == (24, 24, True)
    assert status["damaged"] is None

    out = succeed("best run.zarr --by mean --number 3")
    assert "mean final loss" in out
    assert "100% (51–100)" in out
    cells = found("best run.zarr --most-lost 0.5")["cells"]
    assert all(cell["died"] + cell["born_dead"] + cell["diverged"] <= 0.5 for cell in cells)
    assert {"cell", "neurons", "final_loss", "converged_low", "converged_high"} <= set(cells[0])

    assert succeed("export run.zarr cells.parquet") == "cells.parquet: 6 cells\n"
    assert found("export run.zarr cells.csv") == {"file": "cells.csv", "rows": 6}


def test_best_by_the_median_and_by_any_quantile(found, folder):
    with zipfile.ZipFile(STORED_RUN) as file:
        file.extractall(folder)
    seven_a_cell = jaxneuron.open_run("run.zarr")
    for by, probability in (("median", 0.5), ("0.4", 0.4), ("0.9", 0.9)):
        cells = found(f"best run.zarr --number 5 --by {by}")["cells"]
        expected = seven_a_cell.best(by=probability)
        assert [cell["cell"] for cell in cells] == expected.cell.tolist()
        assert [cell["final_loss"] for cell in cells] == expected.final_loss.tolist()
    # Each is another number, or nothing was told apart.
    losses = [seven_a_cell.final_loss(probability).values for probability in (0.4, 0.5, 0.9)]
    assert all((one != other).any() for one, other in itertools.combinations(losses, 2))


def test_what_is_refused_is_one_line_whatever_was_typed(refused):
    assert "two lines.zarr" in refused("best 'two\nlines.zarr'")


def test_deaths(succeed, found, refused, run):
    opened = jaxneuron.open_run(run)
    counts = opened.cells.fate_count.sum(opened.dims)

    out = succeed("deaths run.zarr")
    assert re.search(rf"all +{int(counts.sum()):,} ", out)
    assert f"{float(counts[1] / counts.sum()):.2%}".rstrip("%") in out
    assert Path("run-deaths.png").read_bytes().startswith(b"\x89PNG")

    deaths = found("deaths run.zarr --along learning_rate --figure d.svg")
    assert (deaths["figure"], deaths["along"]) == ("d.svg", "learning_rate")
    assert sum(deaths["born_dead"]["number"]) == counts[1]
    assert [row[-1] for row in deaths["incidence"]["number"]] == deaths["dead"]["number"]
    assert Path("d.svg").is_file()

    assert found("deaths run.zarr --phase 1 20")["half_life"]["last_step"] == 20
    assert "phase: is 9 to 3, which holds no whole bin" in refused("deaths run.zarr --phase 9 3")


def test_status_of_a_run_that_is_not_whole(run_line, run):
    (run / "work/marker/c/1").unlink()
    code, out, err = run_line("status run.zarr")
    assert (code, err) == (1, "")
    assert re.search(r"missing +1 +8", out)
    assert "neurons a second" in out

    shard = min(path for path in (run / "cells/fate_count/c").rglob("*") if path.is_file())
    shard.write_bytes(shard.read_bytes()[:-1])
    code, out, err = run_line("status run.zarr --verify")
    assert (code, err) == (1, "")
    assert "is damaged (cells/fate_count); the same sweep trains it again" in out
    code, out, err = run_line("sweep study.toml --out run.zarr")
    assert code == 0
    assert "1 chunk is damaged" in err
    assert run_line("status run.zarr --verify")[0] == 0
