"""Bad command lines, places and runs are refused in one line; what was there is kept."""

import errno
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import jaxneuron
from jaxneuron.store import create, location
from tests.study.test_bad_studies import check, edited, listing, write

SWEEP, OUT = "sweep study.toml", "sweep study.toml --out"
TRAIN = "train data.csv --input x --target y"


def folder(name: str) -> None:
    """A folder is in the way."""
    Path(name).mkdir(parents=True)


def file(name: str, content: str = "{}") -> None:
    """A file is in the way."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(content)


def edit(name: str, old: str, new: str) -> None:
    """A file of text says something else."""
    text = Path(name).read_text()
    assert old in text
    Path(name).write_text(text.replace(old, new))


GROUP = '{"zarr_format": 3, "node_type": "group", "attributes": {}}'
LATER = GROUP.replace("{}", '{"format": "jaxneuron run, format 999"}')
# Beside STUDY, its data and its run: a command line, and the words that its line holds.
COMMANDS = {
    "sweep stduy.toml": "stduy.toml / no such file / TOML",
    "sweep .": "cannot be read / directory / TOML",
    "sweep data.csv/study.toml": "data.csv/study.toml / TOML",
    f"sweep {'s' * 300}.toml": "too long",
    "sweep data.csv": "data.csv / not valid TOML",
    "deaths nowhere.zarr": "nowhere.zarr: there is no such run",
    "best": "Missing argument 'RUN' / best --help",
    "export run.zarr": "Missing argument 'FILE' / export --help",
    f"{SWEEP} --out study.toml --overwrite": "study.toml: exists and is not a run",
    f"{SWEEP} --out .": "--out: is '.' / must be a name",
    f"{SWEEP} --out data.csv/run.zarr": "data.csv/run.zarr: cannot be made / data.csv",
    f"{SWEEP} --out new/{'r' * 250}": "cannot be made / too long / --out",
    f"{SWEEP} --figure map.jpg": "--figure: map.jpg / .png, .svg or .pdf",
    f"{SWEEP} --figure data.csv/map.png": "data.csv/map.png: cannot be made",
    f"{SWEEP} --out map.png --figure map.png": "map.png is the place of the run",
    "swep study.toml": "No such command 'swep' / --help",
    f"{SWEEP} --overwrit": "sweep: No such option / --overwrite / --help",
    "sweep": "Missing argument 'STUDY' / sweep --help",
    f"{SWEEP} more.toml": "more.toml / sweep --help",
    "train data.csv --input x": "Missing option '--target' / train --help",
    f"{TRAIN} --seed": "--seed / requires an argument",
    f"{TRAIN} --num-steps many": "'--num-steps' / 'many' / a whole number, or inf / train --help",
    "train dta.csv --input x --target y": "dta.csv: there is no such file",
    f"{TRAIN} --input z": "data.csv: has no column 'z' / known: x, y",
    f"{TRAIN} --input x": "--input: names 'x' twice",
    f"{TRAIN} --learning-rate -1": "--learning-rate: reaches -1.0",
    f"{TRAIN} --momentum 0.9": "--momentum: optimizer 'sgd'",
    f"{TRAIN} --optimizer adamw": "--weight-decay: is missing",
    f"{TRAIN} --optimizer sdg": "--optimizer: is 'sdg' / mean 'sgd'?",
    f"{TRAIN} --batch-size 9": "--batch-size: is 9 / 4 examples",
    f"{TRAIN} --figure fit.jpg": "--figure: fit.jpg / .png",
    "train run.zarr": "run.zarr: is a run; --cell says which of its neurons",
    "train run.zarr --cell 9": "--cell: is 9; the study has cells 0 to 0",
    "train run.zarr --cell 0 --replicate 99": "--replicate: is 99; the study has replicates 0 to",
    "train run.zarr --cell 0 --momentum 0.5": "--momentum: is the run's own",
    "train data.csv --cell 0": "data.csv: is not a run",
    f"{TRAIN} --replicate 1": "--replicate: is a neuron of a cell of a run; it needs --cell",
    "best run.zarr --by worst": "--by: is 'worst' / median, mean",
    "best run.zarr --by 1.5": "--by: is '1.5' / between 0 and 1",
    "best run.zarr --most-lost 2": "'--most-lost' / 0<=x<=1",
    "deaths run.zarr --along learning_rat": "run.zarr: has no axis 'learning_rat'; known: none",
    "export run.zarr cells.xls": "cells.xls: must end in .csv",
    "export run.zarr data.csv": "exists already / --overwrite",
    "export run.zarr n.csv --rows neurons": 'run.zarr: has no records of neurons / records = "neurons"',
    "export run.zarr a.csv --rows cell": "'cell' is not one of",
    "explore nowhere": "nowhere: there is no such run",
    "explore data.csv": "data.csv: is a file; data needs --input and --target",
    "explore data.csv --input x": "--target: is missing / needs --input and --target",
    "explore data.csv --input x --target z --no-browser": "data.csv: has no column 'z'",
    "explore data.csv --input x --target y --set training.num_step=1": "num_step",
    "explore --set training.num_steps=1": "--set: is given, but no data",
    "explore --input x": "--input: is given, but no data",
    "explore study.toml --input x": "--input: is for data",
    "explore run.zarr --set training.num_steps=1": "--set: is for a study.toml, or for data",
    "explore --host nowhere.invalid --no-browser": "--host: nowhere.invalid / cannot be listened at",
}
# The same after something was done. That a run of another study is refused is tested in tests/store.
CHANGED: list[tuple[Callable[[], object], str, str]] = [
    (
        lambda: write(csv="x,y\n1,1\n2e9,1e10\n"),
        f"{TRAIN} --scale none --optimizer adam",
        "column 'x' is too large for the squared gradients of adam in float32 in 1 of 2 rows (2)",
    ),
    (partial(file, "taken"), f"{OUT} taken", "taken: exists and is not a run / --out"),
    (partial(folder, "taken"), f"{OUT} taken", "taken: exists and is not a run"),
    (partial(folder, "taken"), f"{OUT} taken --overwrite", "taken: exists and is not a run"),
    (partial(file, "taken/zarr.json", GROUP), f"{OUT} taken --overwrite", "taken: exists and is not a run"),
    (partial(file, "taken/zarr.json", "[]"), f"{OUT} taken --overwrite", "taken: exists and is not a run"),
    (
        partial(file, "later.zarr/zarr.json", LATER),
        f"{OUT} later.zarr",
        "later.zarr: exists and is a run of format 999, and this version reads / another --out",
    ),
    (
        partial(edit, "study.toml", "[sweep]", "[sweep]\nseed = 1"),
        f"{OUT} run.zarr",
        "holds another run: sweep.seed is 0 there and 1 here; choose another --out / --overwrite",
    ),
    (
        partial(edit, "data.csv", "1", "9"),
        f"{OUT} run.zarr",
        "run.zarr: holds another run: data.csv has changed since 20 / another --out",
    ),
    (
        partial(edit, "study.toml", 'scale = "standard"', 'scale = "none"'),
        f"{OUT} run.zarr",
        "holds another run: data.scale is 'standard' there and 'none' here; choose",
    ),
    (
        partial(edit, "run.zarr/cells/fate_count/zarr.json", "neurons", "meurons"),
        f"{OUT} run.zarr",
        "run.zarr: is damaged (cells/fate_count/zarr.json) beyond repair / --overwrite",
    ),
    (partial(folder, "cells.csv"), "export run.zarr cells.csv", "cells.csv: is a folder"),
    (partial(folder, "map.png"), f"{SWEEP} --figure map.png", "--figure: map.png is a folder"),
]
# What was done, the run, and the words of every command that reads one.
NOT_RUNS: list[tuple[Callable[[], object], str, str]] = [
    (lambda: None, "none.zarr", "none.zarr: there is no such run; `jaxneuron sweep` makes one"),
    (partial(folder, "empty.zarr"), "empty.zarr", "is not a run of jaxneuron"),
    (lambda: None, "study.toml", "study.toml: is not a run of jaxneuron"),
    (
        partial(file, "later.zarr/zarr.json", LATER),
        "later.zarr",
        "later.zarr: is a run of format 999, and this version reads format ",
    ),
    (
        partial(edit, "run.zarr/zarr.json", '"relu"', '"rely"'),
        "run.zarr",
        "run.zarr: is damaged (zarr.json) beyond repair; --overwrite replaces it",
    ),
    (
        partial(edit, "run.zarr/cells/fate/zarr.json", "became", "become"),
        "run.zarr",
        "run.zarr: is damaged (cells/fate/zarr.json) beyond repair",
    ),
]
# What was done to the run, and the words of the commands that read its results.
DAMAGED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: Path("run.zarr/work/marker/c/0").unlink(),
        "run.zarr: is unfinished, 0 of 1 chunk is done; the same `jaxneuron sweep` resumes it",
    ),
    (
        lambda: Path("run.zarr/cells/final_loss_min/c/0").unlink(),
        "is damaged (chunk 0, cells/final_loss_min) / trains it again",
    ),
    (
        lambda: Path("run.zarr/cells/fate_count/c/0/0").write_bytes(b"cut"),
        "run.zarr: is damaged (chunk 0, cells/fate_count); the same `jaxneuron sweep`",
    ),
]
CASES = [
    *((lambda: None, line, words) for line, words in COMMANDS.items()),
    *CHANGED,
    *(
        (change, line.format(run), words)
        for line in ("status {}", "best {}", "deaths {}", "export {} cells.csv")
        for change, run, words in NOT_RUNS
    ),
    *(
        (change, line, words)
        for line in ("best run.zarr", "export run.zarr cells.csv")
        for change, words in DAMAGED
    ),
]


@pytest.fixture(scope="module")
def run_of_the_study(tmp_path_factory):
    """The run of the study as it is, to be copied."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write()
        jaxneuron.sweep(jaxneuron.read_study("study.toml"), "run.zarr")
    return folder / "run.zarr"


@pytest.fixture
def with_run(run_of_the_study, tmp_path, monkeypatch):
    """A working folder with the study, its data and its run."""
    monkeypatch.chdir(tmp_path)
    write()
    shutil.copytree(run_of_the_study, "run.zarr")


@pytest.mark.parametrize(("change", "line", "words"), CASES, ids=[f"{line:.60}" for _, line, _ in CASES])
def test_a_command_is_refused_in_one_line(change, line, words, with_run, run_line):
    change()
    before = listing()

    code, out, err = run_line(line)

    assert (code, out) == (2, "")
    check(err, words)
    assert listing() == before


def test_the_executable_says_the_same(with_run):
    write(edited("learning_rate =", "learning_rte ="))
    before = listing()

    command = [sys.executable, "-m", "jaxneuron", *shlex.split(SWEEP)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stdout) == (2, "")
    check(ended.stderr, "study.toml: sweep.learning_rte: unknown key")
    assert listing() == before


def test_a_sweep_that_cannot_begin_leaves_nothing(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("stopped")

    study = jaxneuron.Study(data={"x": [0.0, 1.0], "y": [1.0, 2.0]}, sweep={"learning_rate": 0.1})
    monkeypatch.setattr(create, "_create_array", fails)
    with pytest.raises(RuntimeError, match="stopped"):
        jaxneuron.sweep(study, tmp_path / "new" / "folder" / "run.zarr")

    assert list(tmp_path.iterdir()) == []


def faster_study() -> jaxneuron.Study:
    """The study in the working folder with another learning rate."""
    Path("faster.toml").write_text(edited("learning_rate = 0.1", "learning_rate = 0.2"))
    return jaxneuron.read_study("faster.toml")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_what_would_be_replaced_is_kept_until_the_new_run_stands(stop, with_run, monkeypatch):
    faster, before = faster_study(), listing()
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.suffix == ".draft":
            raise stop
        return rename(self, target)

    def is_not_known(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    # A file system on which two folders cannot change their names at once.
    monkeypatch.setattr(location, "_rename", is_not_known)
    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(stop):
        jaxneuron.sweep(faster, "run.zarr", overwrite=True)

    assert jaxneuron.open_run("run.zarr").study.sweep.learning_rate == 0.1
    assert listing().keys() - before.keys() <= {"run.zarr/lock"}


def test_a_run_behind_a_link_is_replaced(with_run):
    link = Path("link.zarr")
    link.symlink_to("run.zarr")

    run = jaxneuron.sweep(faster_study(), link, overwrite=True)

    assert link.is_symlink()
    assert run.study.sweep.learning_rate == 0.2
    assert jaxneuron.open_run("run.zarr").study.sweep.learning_rate == 0.2
