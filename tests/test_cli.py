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

import numpy as np
import pytest

import jaxneuron
from jaxneuron import cli

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
STORED_RUN = Path(__file__).parent / "store" / "stored_runs" / "format-3.zip"
MAP = "Fates over|: its path over"
TRAIN = "train data.csv --input x --target y"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A working folder with data and a study."""
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


@pytest.fixture
def jaxneuron_command(folder, run_line):
    """Runs a command line in the folder: (exit code, stdout, stderr)."""
    return run_line


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def start(*arguments: str, **options) -> subprocess.Popen:
    """The command line as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "jaxneuron", *arguments], **options)


def strict_json(text: str) -> dict:
    """The one JSON value that the text is, where NaN and Infinity are no JSON."""

    def refuse(constant: str):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


# train


def test_train(jaxneuron_command, folder):
    code, out, err = jaxneuron_command(TRAIN)

    assert code == 0
    assert err == ""
    assert "converged after" in out
    assert "y = relu(" in out
    assert "figure: runs/data-neuron.png" in out
    assert (folder / "runs" / "data-neuron.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.thorough
def test_train_by_jumps(jaxneuron_command):
    """In double precision unless something else is asked for, and 10⁸ steps in no time."""
    line = f"{TRAIN} --method jumps --num-steps 1e8 --init-weight 1 --json"
    code, out, err = jaxneuron_command(line)
    assert (code, err) == (0, "")
    found = strict_json(out)
    assert (found["fate"], found["num_steps"]) == ("converged", 10**8)
    code, out, err = jaxneuron_command(f"{line} --precision float32")
    assert (code, out) == (2, "")
    assert "float64" in err


def test_train_json(jaxneuron_command, folder):
    code, out, err = jaxneuron_command(f"{TRAIN} --init-weight 1 --json --figure deep/fit.svg")

    found = strict_json(out)
    assert (code, err) == (0, "")
    assert found["fate"] == "converged"
    assert len(found["losses"]) == found["num_steps"] + 1
    assert found["losses"][-1] == found["loss"]
    assert found["figure"] == "deep/fit.svg"
    assert b"<svg" in (folder / "deep" / "fit.svg").read_bytes()


def test_train_json_of_a_neuron_that_diverged(jaxneuron_command):
    code, out, err = jaxneuron_command(
        f"{TRAIN} --init-weight 1 --learning-rate 1e9 --activation identity --json"
    )

    found = strict_json(out)
    assert (code, err) == (0, "")
    assert found["fate"] == "diverged"
    assert found["loss"] is None


@pytest.mark.parametrize(
    "options",
    ["", "--optimizer adam", pytest.param("--no-bias --activation tanh", marks=pytest.mark.thorough)],
)
def test_train_explains_the_chain_rule(options, jaxneuron_command):
    code, out, err = jaxneuron_command(f"{TRAIN} --init-weight 1 --num-steps 20 --explain {options}")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    header = next(line for line in lines if "chain rule" in line and "jax.grad" in line)
    assert "before" in header
    rows = lines[lines.index(header) + 1 :][:2]
    assert [row.split()[0] for row in rows] == ["W", "b"]
    for row in rows:
        _, before, by_hand, by_jax, update, after = row.split()
        assert float(by_hand) == pytest.approx(float(by_jax), rel=1e-6, abs=1e-9)
        assert float(after) == pytest.approx(float(before) + float(update), rel=1e-5, abs=1e-6)


def test_train_is_the_same_twice(jaxneuron_command):
    first, second, other = (
        strict_json(jaxneuron_command(f"{TRAIN} --json --num-steps 30 --seed {seed}")[1])
        for seed in (1, 1, 2)
    )

    assert first == second
    assert first["losses"] != other["losses"]


def test_train_takes_its_options(jaxneuron_command):
    line = (
        f"{TRAIN} --init-weight 0.5 --init-bias 0.25 --learning-rate 0.05 --num-steps 3 --precision float64"
    )
    _, out, _ = jaxneuron_command(f"{line} --scale none --tolerance 0 --json")

    x, y = np.loadtxt("data.csv", delimiter=",", skiprows=1).T
    weight, bias, losses = 0.5, 0.25, []
    for _ in range(4):
        z = weight * x + bias
        error = np.maximum(z, 0) - y
        losses.append(np.mean(error**2) / 2)
        grads = np.mean(error * (z > 0) * x), np.mean(error * (z > 0))
        last = weight, bias
        weight, bias = weight - 0.05 * grads[0], bias - 0.05 * grads[1]
    found = strict_json(out)
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-12)
    np.testing.assert_allclose([*found["weight"], found["bias"]], last, rtol=1e-12)


# sweep


def test_sweep(jaxneuron_command, folder):
    code, out, err = jaxneuron_command("sweep study.toml --out new/run.zarr")

    assert code == 0
    room, *told = err.splitlines()
    assert re.fullmatch(r"24 neurons take about \d+ MB of memory and \d+ kB of disk", room)
    assert told == [f"{done} of 24 neurons" for done in (0, 8, 16, 24)]
    for word in ("Fates", "converged", "diverged", "born dead", "died", "unsettled", "Best cells"):
        assert word in out
    assert "run: new/run.zarr" in out
    assert "figure: new/run.png" in out
    assert (folder / "new" / "run.png").read_bytes().startswith(b"\x89PNG")
    assert dict(jaxneuron.open_run("new/run.zarr").cells.fate_count.sizes) == {
        "learning_rate": 3,
        "init_bias": 2,
        "fate": 5,
    }
    assert sorted(os.listdir("new")) == ["run.png", "run.zarr"]


def test_sweep_json(jaxneuron_command, folder):
    code, out, err = jaxneuron_command("sweep study.toml --json --figure map.pdf")

    found = strict_json(out)
    assert (code, err) == (0, "")
    assert found["run"] == f"runs/{folder.name}.zarr"
    assert found["figure"] == "map.pdf"
    assert Path("map.pdf").read_bytes().startswith(b"%PDF")
    assert found["num_neurons"] == sum(found["fates"].values()) == 24
    assert len(found["best"]) == 5
    assert {"learning_rate", "init_bias", "final_loss", "converged"} <= set(found["best"][0])


def test_a_second_sweep_returns_at_once_and_another_study_is_refused(jaxneuron_command, folder, run):
    written = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.name != "lock"}

    code, out, err = jaxneuron_command("sweep study.toml --out run.zarr")

    assert (code, err) == (0, "24 of 24 neurons\n")
    assert "Fates" in out

    (folder / "study.toml").write_text(STUDY.replace("num_steps = 20", "num_steps = 21"))
    code, out, err = jaxneuron_command("sweep study.toml --out run.zarr")

    assert (code, out) == (2, "")
    assert "run.zarr: holds another run: training.num_steps is 20 there and 21 here" in err
    assert len(err.splitlines()) == 1
    assert {p: p.stat().st_mtime_ns for p in run.rglob("*") if p.name != "lock"} == written

    code, _, _ = jaxneuron_command("sweep study.toml --out run.zarr --overwrite")

    assert code == 0
    assert jaxneuron.open_run("run.zarr").study.training.num_steps == 21
    assert sorted(os.listdir()) == ["data.csv", "run.png", "run.zarr", "study.toml"]


def test_sweep_names_the_run_after_the_study(jaxneuron_command, folder):
    (folder / "study.toml").rename(folder / "rates.toml")

    code, out, _ = jaxneuron_command("sweep rates.toml")

    assert code == 0
    assert "run: runs/rates.zarr" in out
    assert sorted(os.listdir("runs")) == ["rates.png", "rates.zarr"]


# doctor, help


def test_doctor(jaxneuron_command):
    code, out, err = jaxneuron_command("doctor")

    assert (code, err) == (0, "")
    for word in ("devices", "a sweep runs on", "versions", "jaxlib", "python"):
        assert word in out


def test_doctor_json(jaxneuron_command):
    code, out, err = jaxneuron_command("doctor --json")

    found = strict_json(out)
    assert (code, err) == (0, "")
    assert found["devices"]
    assert {"python", "jaxneuron", "jax", "numpy"} <= set(found["versions"])


@pytest.mark.parametrize("command", ["", "train", "sweep", "doctor"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(command, option, jaxneuron_command):
    code, out, err = jaxneuron_command(f"{command} {option}")

    assert (code, err) == (0, "")
    assert f"Usage: jaxneuron {command}".rstrip() in out
    assert "--help" in out


def test_version(jaxneuron_command):
    code, out, _ = jaxneuron_command("--version")

    assert code == 0
    assert re.fullmatch(r"jaxneuron \d+\.\d+\.\d+.*\n", out)


# What is imported when


def test_neither_help_nor_status_waits_for_anything_heavy(run):
    """In one process, from what imports the least to what imports the most."""
    code = """
import contextlib, sys

def say_what_is_heavy(*heavy):
    print("heavy:", sorted({"jax", "optax", "xarray", "pandas", *heavy} & set(sys.modules)))

def command(*line):
    sys.argv = ["jaxneuron", *line]
    with contextlib.suppress(SystemExit):
        cli.main()

import jaxneuron
say_what_is_heavy("matplotlib", "zarr", "scipy", "rich.table")
from jaxneuron import cli
for line in (["--help"], ["sweep", "--help"]):
    command(*line)
    say_what_is_heavy("matplotlib", "zarr", "scipy", "rich.table")
command("status", "run.zarr")
say_what_is_heavy()
"""
    printed = python(code)
    heavy = [line for line in printed.splitlines() if line.startswith("heavy:")]

    assert "Usage: jaxneuron [OPTIONS] COMMAND" in printed
    assert "Usage: jaxneuron sweep" in printed
    assert "missing" in printed
    assert heavy == ["heavy: []"] * 4


def test_reading_a_study_starts_no_backend():
    code = (
        "import jaxneuron.study.study as s, jax._src.xla_bridge as bridge\n"
        "s.Study(data={'x': [1], 'y': [1]}, sweep={'learning_rate': 0.1})\n"
        "print(list(bridge._backends))"
    )

    assert python(code) == "[]"


def test_help_names_the_command_however_it_was_started():
    ended = subprocess.run(
        [sys.executable, "-m", "jaxneuron", "--help"], capture_output=True, text=True, timeout=60
    )

    assert ended.returncode == 0
    assert ended.stdout.startswith("Usage: jaxneuron [OPTIONS] COMMAND")


# Stopping


@pytest.mark.parametrize("stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_ctrl_c_and_the_end_of_a_container_keep_what_is_done(stop, folder, jaxneuron_command):
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
    assert process.returncode == 130
    assert out == ""
    last = err.strip().splitlines()[-1]
    assert re.fullmatch(
        r"interrupted: [\d,]+ of 4,096 neurons are kept; this goes on: jaxneuron " + re.escape(command), last
    )
    code, out, _ = jaxneuron_command("status runs/run.zarr --json")
    assert code == 1
    assert 0 < strict_json(out)["neurons_done"] < 4096
    assert not any((folder / "runs").rglob(".*"))


@pytest.mark.thorough
def test_ctrl_c_ends_train(folder):
    before = sorted(folder.rglob("*"))
    options = "--num-steps 2_000_000_000 --tolerance 0 --batch-size 4"
    process = start(
        *shlex.split(f"{TRAIN} {options}"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(3)
    assert process.poll() is None

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (130, "")
    assert err.strip() == "interrupted: nothing was kept; the same line starts again"
    assert sorted(folder.rglob("*")) == before


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


def in_a_process_on_a_terminal(*arguments: str, columns: int = 100) -> tuple[int, str]:
    """Exit code and all that a person sees."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, **variables_of_a_terminal(columns)}
    process = start(*arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    seen = all_that_is_seen(ours)
    return process.wait(timeout=60), seen


@pytest.fixture
def on_a_terminal(folder, monkeypatch):
    """Runs a command line in this process and in the folder, its output a terminal: (exit code, all that a
    person sees)."""

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


def test_a_terminal_sees_a_bar_and_a_map(folder):
    code, seen = in_a_process_on_a_terminal("sweep", "study.toml")

    assert code == 0
    assert "24/24 neurons" in without_colours(seen)
    assert "Fates" in seen
    assert_there_is_a_map(seen, 100)


@pytest.mark.thorough
@pytest.mark.skipif(not find_spec("ray"), reason="Ray is not installed")
def test_a_terminal_sees_what_ray_trained(folder):
    code, seen = in_a_process_on_a_terminal("sweep", "study.toml", "--engine", "ray")

    assert code == 0
    seen = without_colours(seen)
    assert "24/24 neurons" in seen
    assert "Fates" in seen
    assert f"figure: runs/{folder.name}.png" in seen


@pytest.mark.parametrize(
    ("command", "columns"),
    [("sweep study.toml", 40), (f"{TRAIN} --init-weight 1", 80), ("sweep study.toml", 160)],
)
def test_a_terminal_sees_a_map_of_its_width(command, columns, on_a_terminal):
    code, seen = on_a_terminal(command, columns)

    assert code == 0
    assert_there_is_a_map(seen, columns)


@pytest.mark.parametrize("command", ["sweep study.toml", f"{TRAIN} --init-weight 1"])
def test_there_is_no_map_but_on_a_terminal(command, jaxneuron_command, on_a_terminal, monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.setenv(name, "1")
        _, out, _ = jaxneuron_command(command)
        assert not re.search(MAP, out)

    code, seen = on_a_terminal(f"{command} --json", NO_COLOR="1")
    assert code == 0
    strict_json(seen)

    code, seen = on_a_terminal(command, NO_COLOR="1")
    assert code == 0
    assert re.search(MAP, seen)
    after = re.split(MAP, seen)[-1]
    assert not set("▀▄█") & set(after)
    assert "\x1b[38;" not in after


def test_a_terminal_sees_no_bar_where_a_study_is_refused(folder, on_a_terminal):
    (folder / "study.toml").write_text(STUDY.replace("num_steps = 20", "num_steps = -1"))

    code, seen = on_a_terminal("sweep study.toml")

    assert code == 2
    assert seen == "jaxneuron: study.toml: training.num_steps: is -1; it must be at least 0\r\n"
    assert not (folder / "runs").exists()


# Reading a run


def test_runs_with_dots_in_their_names_have_figures_of_their_own(jaxneuron_command, run):
    for name in ("lr0.1", "lr0.5"):
        shutil.copytree(run, name)
        assert jaxneuron_command(f"deaths {name}")[0] == 0
        assert jaxneuron_command(f"report {name}")[0] == 0
        assert jaxneuron_command(f"sweep study.toml --out {name}")[0] == 0
    made = {f"{name}{ending}" for name in ("lr0.1", "lr0.5") for ending in (".png", "-deaths.png", ".html")}
    assert made <= set(os.listdir())


@pytest.mark.parametrize(
    ("line", "path", "other", "drawn"),
    [
        ("report {}", "run.zarr", "run", "run.html"),
        ("deaths {}", "run", "run.zarr", "run-deaths.png"),
        ("sweep study.toml --overwrite --out {}", "run-deaths", "run.zarr", "run-deaths.png"),
    ],
)
def test_what_is_made_of_a_run_is_not_made_of_another(line, path, other, drawn, jaxneuron_command, run):
    for name in {path, other} - {"run.zarr"}:
        shutil.copytree(run, name)
    code, _, complained = jaxneuron_command(line.format(path))
    wrong = f"what is drawn of it, {drawn}, has the same name as of {other}, a run beside it"
    assert (code, complained) == (2, f"jaxneuron: {path}: {wrong}; give another path, or rename a run\n")
    assert not Path(drawn).exists()


def test_status_best_and_export(jaxneuron_command, run):
    code, out, err = jaxneuron_command("status run.zarr --verify")
    assert (code, err) == (0, "")
    for word in ("all", "done", "missing", "24", "everything that is done holds what was written"):
        assert word in out
    code, out, _ = jaxneuron_command("status run.zarr --json")
    found = strict_json(out)
    assert (found["neurons_done"], found["num_neurons"], found["is_whole"], found["damaged"]) == (
        24,
        24,
        True,
        None,
    )

    code, out, err = jaxneuron_command("best run.zarr --by mean --number 3")
    assert (code, err) == (0, "")
    assert "mean final loss" in out
    assert "100% (51–100)" in out
    code, out, _ = jaxneuron_command("best run.zarr --json --most-lost 0.5")
    cells = strict_json(out)["cells"]
    assert all(cell["died"] + cell["born_dead"] + cell["diverged"] <= 0.5 for cell in cells)
    assert {"cell", "neurons", "final_loss", "converged_low", "converged_high"} <= set(cells[0])

    code, out, err = jaxneuron_command("export run.zarr cells.parquet")
    assert (code, out, err) == (0, "cells.parquet: 6 cells\n", "")
    code, out, _ = jaxneuron_command("export run.zarr cells.csv --json")
    assert strict_json(out) == {"file": "cells.csv", "rows": 6}


def test_best_by_the_median_and_by_any_quantile(jaxneuron_command, folder):
    with zipfile.ZipFile(STORED_RUN) as file:
        file.extractall(folder)
    seven_a_cell = jaxneuron.open_run("run.zarr")
    for by, probability in (("median", 0.5), ("0.4", 0.4), ("0.9", 0.9)):
        _, out, _ = jaxneuron_command(f"best run.zarr --json --number 5 --by {by}")
        told = strict_json(out)["cells"]
        expected = seven_a_cell.best(by=probability)
        assert [cell["cell"] for cell in told] == expected.cell.tolist()
        assert [cell["final_loss"] for cell in told] == expected.final_loss.tolist()
    # Each is another number, or nothing was told apart.
    losses = [seven_a_cell.final_loss(probability).values for probability in (0.4, 0.5, 0.9)]
    assert all((one != other).any() for one, other in itertools.combinations(losses, 2))


def test_what_is_refused_is_one_line_whatever_was_typed(jaxneuron_command, folder):
    code, out, err = jaxneuron_command("best 'two\nlines.zarr'")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "two lines.zarr" in err


def test_deaths(jaxneuron_command, folder, run):
    found = jaxneuron.open_run(run)
    counts = found.cells.fate_count.sum(found.dims)

    code, out, err = jaxneuron_command("deaths run.zarr")

    assert (code, err) == (0, "")
    assert re.search(rf"all +{int(counts.sum()):,} ", out)
    assert f"{float(counts[1] / counts.sum()):.2%}".rstrip("%") in out
    assert (folder / "run-deaths.png").read_bytes().startswith(b"\x89PNG")

    code, out, err = jaxneuron_command("deaths run.zarr --along learning_rate --figure d.svg --json")
    found = strict_json(out)
    assert (code, err, found["figure"], found["along"]) == (0, "", "d.svg", "learning_rate")
    assert sum(found["born_dead"]["number"]) == counts[1]
    assert [row[-1] for row in found["incidence"]["number"]] == found["dead"]["number"]
    assert (folder / "d.svg").is_file()

    code, out, err = jaxneuron_command("deaths run.zarr --phase 1 20 --json")
    found = strict_json(out)
    assert (code, err, found["half_life"]["last_step"]) == (0, "", 20)
    code, out, err = jaxneuron_command("deaths run.zarr --phase 9 3")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "phase: is 9 to 3, which holds no whole bin" in err


def test_status_of_a_run_that_is_not_whole(jaxneuron_command, run):
    (run / "work/marker/c/1").unlink()

    code, out, err = jaxneuron_command("status run.zarr")

    assert (code, err) == (1, "")
    assert re.search(r"missing +1 +8", out)
    assert "neurons a second" in out

    shard = next((run / "cells/fate_count/c").rglob("0"))
    shard = shard if shard.is_file() else next(p for p in shard.rglob("*") if p.is_file())
    shard.write_bytes(shard.read_bytes()[:-1])
    code, out, err = jaxneuron_command("status run.zarr --verify")

    assert (code, err) == (1, "")
    assert "is damaged (cells/fate_count); the same sweep trains it again" in out
    code, out, err = jaxneuron_command("sweep study.toml --out run.zarr")
    assert code == 0
    assert "1 chunk is damaged" in err
    assert jaxneuron_command("status run.zarr --verify")[0] == 0


SWALLOWED = """
import signal, sys, time
import jax
from jaxneuron.cli import interrupt

class Swallows:
    def __del__(self):  # as JAX's callbacks do, of which Python reports the error and goes on
        signal.raise_signal(signal.SIGTERM)

interrupt.end_on_signals()
interrupt.SECONDS_TO_HEAR, interrupt.SECONDS_TO_END = 0.2, float(sys.argv[1])
try:
    del (swallows := [Swallows()])[0]
    print("goes on", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("hears", flush=True)
    time.sleep(60)  # and does not end
"""


@pytest.mark.thorough
def test_a_signal_that_is_swallowed_is_raised_again_and_ends_the_program():
    ended = subprocess.run(
        [sys.executable, "-c", SWALLOWED, "0.6"], capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == "goes on\nhears\n"
    assert ended.returncode == 130
    assert ended.stderr == "interrupted: what is done is kept; the same line goes on\n"


def test_a_signal_before_anything_began_ends_the_program_at_once():
    code = (
        "import signal, sys; from jaxneuron.cli import interrupt; interrupt.end_on_signals()\n"
        "assert 'jax' not in sys.modules; signal.raise_signal(signal.SIGTERM); print('goes on')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr == "interrupted: nothing had begun; the same line starts again\n"
