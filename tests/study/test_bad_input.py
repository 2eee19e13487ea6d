"""Bad input is refused in one line: what is wrong, where, what would be right. Nothing is written."""

import errno
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import jaxneuron
from jaxneuron.store import create, location
from jaxneuron.study.bad_input import BadInput

CSV = "x,y\n0,1\n1,3\n2,4\n3,8\n"
STUDY = """\
[data]
file = "data.csv"
inputs = ["x"]
target = "y"
scale = "standard"

[neuron]
activation = "relu"

[training]
optimizer = "sgd"
num_steps = 5

[sweep]
learning_rate = 0.1
"""
TEACHER = """\
[data]
teacher = { weight = [1.0], num_examples = 8 }

[sweep]
learning_rate = 0.1
"""

Prepare = Callable[[], None]


def write(study: str = STUDY, csv: str | bytes = CSV) -> None:
    """A study and its data in the working folder."""
    Path("study.toml").write_text(study)
    Path("data.csv").write_bytes(csv if isinstance(csv, bytes) else csv.encode())


def study(*replacements: tuple[str, str], text: str = STUDY) -> Prepare:
    """A study in which some lines say something else."""
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return lambda: write(text)


def sweep_of(line: str) -> Prepare:
    """A study whose [sweep] has this in the place of its learning rate."""
    return study(("learning_rate = 0.1", line))


def training(line: str) -> Prepare:
    """A study whose [training] has this in the place of its number of steps."""
    return study(("num_steps = 5", line))


def csv(content: str | bytes, scale: str = "standard") -> Prepare:
    """A study of other data."""
    return lambda: write(STUDY.replace('"standard"', f'"{scale}"'), content)


def file(name: str, make: Callable[[Path], object]) -> Prepare:
    """A study of another data file."""

    def prepare() -> None:
        write(STUDY.replace("data.csv", name))
        make(Path(name))

    return prepare


def with_other_file(content: str) -> Prepare:
    """A study of two files."""

    def prepare() -> None:
        write(STUDY.replace('"data.csv"', '["data.csv", "other.csv"]'))
        Path("other.csv").write_text(content)

    return prepare


def npz(**arrays: np.ndarray | list) -> Prepare:
    return file("data.npz", lambda path: np.savez(path, **arrays))


def with_folder(name: str) -> Prepare:
    def prepare() -> None:
        write()
        Path(name).mkdir(parents=True)

    return prepare


def with_file(name: str, content: str = "{}") -> Prepare:
    def prepare() -> None:
        write()
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)

    return prepare


class WithRun(NamedTuple):
    """The study's run, and what is done to it or to the study."""

    name: str
    then: Callable[[], object] = lambda: None


def changed(file: str, old: str, new: str) -> Callable[[], object]:
    """A file of text says something else."""
    return lambda: Path(file).write_text(Path(file).read_text().replace(old, new))


def another_study(old: str, new: str) -> Callable[[], object]:
    return changed("study.toml", old, new)


SWEEP = "sweep study.toml"
TRAIN = "train data.csv --input x --target y"

# name: (what is prepared, the command line, the words its line must hold)
LATER = '{"zarr_format": 3, "node_type": "group", "attributes": {"format": "jaxneuron run, format 999"}}'

CASES: dict[str, tuple[Prepare | WithRun, str, str | tuple[str, ...]]] = {
    # The study file.
    "study missing": (write, "sweep stduy.toml", ("stduy.toml", "no such file", "TOML")),
    "study is a folder": (write, "sweep .", ("cannot be read", "directory", "TOML")),
    "study's folder is a file": (write, "sweep data.csv/study.toml", ("data.csv/study.toml", "TOML")),
    "study's name too long": (write, f"sweep {'s' * 300}.toml", "too long"),
    "study is not TOML": (study(("[sweep]", "[sweep")), SWEEP, ("study.toml", "not valid TOML", "line 14")),
    "study is data": (write, "sweep data.csv", ("data.csv", "not valid TOML")),
    "study is not UTF-8": (
        lambda: Path("study.toml").write_bytes(b"[data]\nfile = '\xff\xfe'"),
        SWEEP,
        ("study.toml", "not text in UTF-8"),
    ),
    "study with a key twice": (sweep_of("seed = 1\nseed = 2"), SWEEP, "not valid TOML"),
    "study with a number of 5,000 digits": (sweep_of("seed = 1" + "0" * 5000), SWEEP, "not valid TOML"),
    "study nested without end": (sweep_of("seed = " + "[" * 5000), SWEEP, "not valid TOML"),
    "study empty": (lambda: write(""), SWEEP, ("study.toml: data: is missing",)),
    # Keys.
    "unknown key in sweep": (
        sweep_of("learning_rte = 0.1"),
        SWEEP,
        ("study.toml: sweep.learning_rte: unknown key", "did you mean learning_rate?"),
    ),
    "unknown key in data": (
        study(('scale = "standard"', 'scales = "none"')),
        SWEEP,
        ("data.scales: unknown key", "did you mean scale?"),
    ),
    "misspelt file": (study(("file =", "fiel =")), SWEEP, ("data.fiel: unknown key", "did you mean file?")),
    "unknown key in neuron": (
        study(("activation =", "activaton =")),
        SWEEP,
        ("neuron.activaton", "did you mean activation?"),
    ),
    "unknown key in training": (
        training("numsteps = 5"),
        SWEEP,
        ("training.numsteps", "did you mean num_steps?"),
    ),
    "unknown key in points": (
        sweep_of("learning_rate = { uniform = [0, 1] }\npoints = { sobl = 4 }"),
        SWEEP,
        ("sweep.points.sobl", "did you mean sobol?"),
    ),
    "unknown key in teacher": (
        study(("num_examples", "num_example"), text=TEACHER),
        SWEEP,
        ("data.teacher.num_example", "did you mean num_examples?"),
    ),
    "unknown key like nothing": (sweep_of("qqq = 1"), SWEEP, ("sweep.qqq: unknown key", "learning_rate")),
    "unknown key with a line break": (sweep_of('"a\\nb" = 1'), SWEEP, ("sweep.a b: unknown key",)),
    "unknown key like a kind of data": (sweep_of("Table = 1"), SWEEP, ("sweep.Table: unknown key",)),
    "unknown table": (
        study(("[training]", "[trainig]")),
        SWEEP,
        ("trainig: unknown key", "did you mean training?"),
    ),
    "key outside its table": (
        lambda: write("num_steps = 5\n" + STUDY.replace("num_steps = 5", "")),
        SWEEP,
        "num_steps: unknown key",
    ),
    # Types.
    "string for a whole number": (
        training('num_steps = "5"'),
        SWEEP,
        ("training.num_steps: is '5'", "whole number"),
    ),
    "float for a whole number": (training("num_steps = 5.0"), SWEEP, ("training.num_steps", "whole number")),
    "bool for a whole number": (
        training("num_steps = true"),
        SWEEP,
        ("training.num_steps", "True", "whole number"),
    ),
    "bool for a number": (
        training("tolerance = true"),
        SWEEP,
        ("training.tolerance: is True", "must be a number"),
    ),
    "bool for a quantity": (
        sweep_of("learning_rate = true"),
        SWEEP,
        ("sweep.learning_rate", "True is not a number"),
    ),
    "string for a quantity": (
        sweep_of('learning_rate = "0.1"'),
        SWEEP,
        ("sweep.learning_rate", "'0.1' is not a number"),
    ),
    "date for a quantity": (
        sweep_of("learning_rate = 2020-01-01"),
        SWEEP,
        ("sweep.learning_rate", "not a number"),
    ),
    "string for a bool": (
        study(('activation = "relu"', 'train_bias = "no"')),
        SWEEP,
        ("neuron.train_bias", "true or false"),
    ),
    "list for a string": (study(('"y"', '["y"]')), SWEEP, ("data.target: is ['y']", "string")),
    "string for a list": (study(('["x"]', '"x"')), SWEEP, ("data.inputs: is 'x'", "must be a list")),
    "number in a list of strings": (study(('["x"]', '["x", 3]')), SWEEP, ("data.inputs.1: is 3", "string")),
    "no inputs": (study(('["x"]', "[]")), SWEEP, ("data.inputs: is []", "at least one")),
    "an input twice": (study(('["x"]', '["x", "x"]')), SWEEP, ("data.inputs: names 'x' twice",)),
    "number for data": (
        lambda: write("data = 3\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        ("data: is 3", "table"),
    ),
    "number for neuron": (
        lambda: write("neuron = 3\n" + STUDY.replace('[neuron]\nactivation = "relu"', "")),
        SWEEP,
        ("neuron: is 3", "table"),
    ),
    "number for sweep": (
        lambda: write("sweep = 3\n" + STUDY.partition("[sweep]")[0]),
        SWEEP,
        ("sweep: is 3; it must be a table",),
    ),
    "list of tables for sweep": (study(("[sweep]", "[[sweep]]")), SWEEP, ("sweep: is", "it must be a table")),
    "number for points": (
        sweep_of("learning_rate = { uniform = [0, 1] }\npoints = 8"),
        SWEEP,
        "sweep.points: is 8",
    ),
    "number for teacher": (
        study(("{ weight = [1.0], num_examples = 8 }", "1.0"), text=TEACHER),
        SWEEP,
        ("data.teacher: is 1.0", "table"),
    ),
    "a long value": (
        training(f"num_steps = {list(range(10_000))}"),
        SWEEP,
        ("training.num_steps: is [0, 1, 2", "…; it must be a whole number"),
    ),
    # What must be there.
    "no learning rate": (sweep_of(""), SWEEP, "sweep.learning_rate: is missing"),
    "no data": (lambda: write("[sweep]\nlearning_rate = 0.1"), SWEEP, "data: is missing"),
    "no sweep": (lambda: write(STUDY.partition("[sweep]")[0]), SWEEP, "sweep: is missing"),
    "no target": (study(('target = "y"', "")), SWEEP, "data.target: is missing"),
    "data that names none": (
        lambda: write("[data]\nscale = 'none'\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        ("data: it names no data", "file, teacher, or x and y"),
    ),
    "y without x": (
        lambda: write("[data]\ny = [1]\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        "data.x: is missing",
    ),
    # The data file.
    "data missing": (study(("data.csv", "dta.csv")), SWEEP, ("dta.csv: there is no such file", "CSV")),
    "data's name too long": (study(("data.csv", "d" * 300 + ".csv")), SWEEP, "there is no such file"),
    "data is a folder": (study(("data.csv", ".")), SWEEP, ("is not a file ending in .csv, .parquet, .npz",)),
    "data of a wrong ending": (
        file("data.xlsx", lambda path: path.write_text(CSV)),
        SWEEP,
        ("data.xlsx", ".csv, .parquet, .npz"),
    ),
    "unknown column": (
        lambda: write(STUDY.replace('"x"', '"incme"'), "income,y\n1,2\n2,3\n"),
        SWEEP,
        ("data.csv: has no column 'incme'", "did you mean income?"),
    ),
    "unknown column of many": (
        csv(",".join(f"column{i}" for i in range(999)) + "\n" + ",".join("1" * 999) + "\n"),
        SWEEP,
        ("has no column 'x'", "column0", "… (999)"),
    ),
    "other separator": (csv(CSV.replace(",", ";")), SWEEP, ("has no column 'x'", "x;y")),
    "not numbers": (
        csv("x,y\n0,1\nlow,3\n2,4\nhigh,5\n"),
        SWEEP,
        ("data.csv: column 'x' is not a number in 2 of 4 rows (2, 4)", "'low'"),
    ),
    "missing values": (
        csv("x,y\n0,\n1,3\n2,\n3,\n"),
        SWEEP,
        ("column 'y' is missing 3 of 4 rows (1, 3, 4)", "fill or remove"),
    ),
    "many missing values": (csv("x,y\n" + "1,\n" * 9), SWEEP, "is missing 9 of 9 rows (1, 2, 3, 4, 5, …)"),
    "infinite values": (csv("x,y\n0,1\ninf,2\n2,3\n"), SWEEP, "column 'x' is not finite in 1 of 3 rows (2)"),
    "no rows": (csv("x,y\n"), SWEEP, ("data.csv: has no rows", "at least one")),
    "empty file": (csv(""), SWEEP, ("data.csv: is empty", "CSV")),
    "blank lines only": (csv("\n\n\n"), SWEEP, ("data.csv", "CSV")),
    "constant input": (
        csv("x,y\n0.1,1\n0.1,2\n0.1,3\n"),
        SWEEP,
        ("column 'x' is 0.1 in every row", 'scale = "none"'),
    ),
    "constant target": (
        csv("x,y\n1,5\n2,5\n3,5\n"),
        SWEEP,
        ("column 'y' is 5 in every row", 'scale = "none"'),
    ),
    "duplicate columns": (csv("x,x,y\n1,2,3\n4,5,7\n"), SWEEP, ("data.csv: has 2 columns 'x'", "differ")),
    "row longer than the others": (csv("x,y\n1,2\n3,4,5\n"), SWEEP, ("data.csv", "line 3")),
    "rows longer than the header": (csv("x,y\n1,2,3\n3,4,5\n"), SWEEP, ("longer than its header",)),
    "bytes for text": (csv(b"x,y\n\xff\xfe,1\n"), SWEEP, ("data.csv: is not text in UTF-8",)),
    "UTF-16": (csv(CSV.encode("utf-16")), SWEEP, ("data.csv: is not text in UTF-8",)),
    "bytes of no kind": (csv(bytes(range(256)) * 8), SWEEP, ("data.csv",)),
    "number of 400 digits": (
        file("data.npz", lambda path: np.savez(path, x=np.array(["9" * 400, "1"]), y=[1.0, 2.0])),
        SWEEP,
        ("data.npz: column 'x'",),
    ),
    "number of 400 digits among words": (
        csv(f"x,y\n{'9' * 400},1\nlow,2\n"),
        SWEEP,
        ("data.csv: column 'x'",),
    ),
    "numbers of 400 digits": (csv(f"x,y\n{'9' * 400},1\n{'8' * 400},2\n"), SWEEP, ("data.csv: column 'x'",)),
    "too large to standardise": (csv("x,y\n-1e200,1\n1e200,2\n"), SWEEP, ("too large", "standardised")),
    "too close to standardise": (csv("x,y\n0,1\n1e-200,2\n"), SWEEP, ("close together", "standardised")),
    "too large for float32": (
        csv("x,y\n1,1\n1e39,2\n", scale="none"),
        SWEEP,
        ("column 'x' is too large for float32 in 1 of 2 rows (2)", 'precision = "float64"'),
    ),
    "square too large for float32": (
        csv("x,y\n1,1\n2,1e30\n", scale="none"),
        SWEEP,
        "'y' is too large for float32",
    ),
    "squared gradient too large for adam": (
        csv("x,y\n1,1\n2e9,1e10\n"),
        f"{TRAIN} --scale none --optimizer adam",
        ("column 'x' is too large for the squared gradients of adam in float32 in 1 of 2 rows (2)",),
    ),
    "square too large for float64": (
        csv("x,y\n1,1\n2,1e160\n", scale="none"),
        SWEEP,
        "too large for float64",
    ),
    "NPZ of two lengths": (npz(x=[1.0, 2.0], y=[1.0]), SWEEP, ("data.npz", "'x': 2, 'y': 1", "equal")),
    "NPZ of two dimensions": (
        npz(x=np.ones((2, 2)), y=[1.0, 2.0]),
        SWEEP,
        ("data.npz: array 'x' has the shape (2, 2)", "one dimension"),
    ),
    "NPZ with objects": (
        npz(x=np.array([1, None]), y=[1.0, 2.0]),
        SWEEP,
        ("data.npz: cannot be read", "bject"),
    ),
    "NPZ with complex numbers": (npz(x=[1j, 2], y=[1.0, 2.0]), SWEEP, ("'x' holds complex128, not numbers",)),
    "NPZ with times": (
        npz(x=np.array([1, 2], "timedelta64[s]"), y=[1.0, 2.0]),
        SWEEP,
        ("'x' holds timedelta64", "not numbers"),
    ),
    "NPZ without arrays": (npz(), SWEEP, ("data.npz: has no column 'x'", "known: none")),
    "not NPZ": (
        file("data.npz", lambda path: path.write_text(CSV)),
        SWEEP,
        ("data.npz: is not an NPZ file",),
    ),
    "not Parquet": (
        file("data.parquet", lambda path: path.write_text(CSV)),
        SWEEP,
        ("data.parquet: cannot be read as PARQUET",),
    ),
    "Parquet of lists": (
        file("data.parquet", lambda path: pd.DataFrame({"x": [[1], [2]], "y": [1, 2]}).to_parquet(path)),
        SWEEP,
        ("'x' is not a number in 2 of 2 rows",),
    ),
    "Parquet of dates": (
        file(
            "data.parquet",
            lambda path: pd.DataFrame({"x": pd.date_range("2020", periods=2), "y": [1, 2]}).to_parquet(path),
        ),
        SWEEP,
        ("'x' holds datetime64", "not numbers"),
    ),
    # Examples written out, and teachers.
    "x does not fit y": (
        lambda: write("[data]\nx = [1, 2, 3]\ny = [1, 2]\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        ("data: x has the shape (3, 1) and y (2,)", "[examples, inputs]"),
    ),
    "y of two dimensions": (
        lambda: write("[data]\nx = [1, 2]\ny = [[1], [2]]\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        ("x has the shape (2, 1) and y (2, 1)",),
    ),
    "x of rows of two lengths": (
        lambda: write("[data]\nx = [[1], [2, 3]]\ny = [1, 2]\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        ("data.x: must be a list of numbers", "equally long"),
    ),
    "x of strings": (
        lambda: write("[data]\nx = ['1', '2']\ny = [1, 2]\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        ("data.x: must be a list of numbers", "equally long"),
    ),
    "x and y empty": (
        lambda: write("[data]\nx = []\ny = []\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        ("data: x and y are empty", "at least one"),
    ),
    "x not finite": (
        lambda: write("[data]\nx = [1, nan]\ny = [1, 2]\n[sweep]\nlearning_rate = 0.1"),
        SWEEP,
        "data.x: has numbers that are not finite",
    ),
    "teacher without num_examples": (
        study((", num_examples = 8", ""), text=TEACHER),
        SWEEP,
        ("data.teacher.num_examples: is missing",),
    ),
    "teacher with num_examples and an axis": (
        study(("weight", "inputs = { linear = [0, 1], num = 8 }, weight"), text=TEACHER),
        SWEEP,
        ("data.teacher.num_examples: is given", "axis"),
    ),
    "teacher of two weights and an axis": (
        study(("[1.0], num_examples = 8", "[1, 2], inputs = [1, 2]"), text=TEACHER),
        SWEEP,
        ("data.teacher.inputs: is an axis", "weight has 2"),
    ),
    "teacher with a constant input": (
        study(("weight", "inputs = 1.0, weight"), text=TEACHER),
        SWEEP,
        ("data.teacher.inputs: is 1.0", "distribution or an axis"),
    ),
    "teacher without weight": (
        study(("[1.0]", "[]"), text=TEACHER),
        SWEEP,
        ("data.teacher.weight", "at least one"),
    ),
    "teacher of no data sets": (
        study(("weight", "num_datasets = 0, weight"), text=TEACHER),
        SWEEP,
        ("data.teacher.num_datasets: is 0", "at least 1"),
    ),
    "teacher of half a data set": (
        study(("weight", "num_datasets = 1.5, weight"), text=TEACHER),
        SWEEP,
        ("data.teacher.num_datasets: is 1.5", "whole number"),
    ),
    "teacher of too much": (
        study(("[1.0], num_examples = 8", "{ unit_vector = 9999 }, num_examples = 99_999_999"), text=TEACHER),
        SWEEP,
        ("data.teacher.num_examples: makes 999899990001 inputs", "4294967296"),
    ),
    "teacher with a misspelt direction": (
        study(("[1.0]", "{ unit_vecotr = 5 }"), text=TEACHER),
        SWEEP,
        ("data.teacher.weight.unit_vecotr: unknown key", "did you mean unit_vector?"),
    ),
    "teacher with a direction of nothing": (
        study(("[1.0]", "{ unit_vector = 0 }"), text=TEACHER),
        SWEEP,
        ("data.teacher.weight.unit_vector: is 0", "at least 1"),
    ),
    "teacher with a number for a weight": (
        study(("[1.0]", "1.0"), text=TEACHER),
        SWEEP,
        ("data.teacher.weight: is 1.0", "a list"),
    ),
    "teacher of a direction and an axis": (
        study(("[1.0], num_examples = 8", "{ unit_vector = 2 }, inputs = [1, 2]"), text=TEACHER),
        SWEEP,
        ("data.teacher.inputs: is an axis", "weight has 2"),
    ),
    "no files": (study(('"data.csv"', "[]")), SWEEP, ("data.file: is []", "at least one")),
    "a number for a file": (study(('"data.csv"', "3")), SWEEP, ("data.file: is 3", "string")),
    "a number among files": (
        study(('"data.csv"', '["data.csv", 3]')),
        SWEEP,
        ("data.file.1: is 3", "string"),
    ),
    "a file that is missing": (
        study(('"data.csv"', '["data.csv", "dta.csv"]')),
        SWEEP,
        "dta.csv: there is no such file",
    ),
    "files of other lengths": (
        with_other_file("x,y\n0,1\n1,2\n"),
        SWEEP,
        ("other.csv: has 2 rows, and data.csv has 4", "equally many"),
    ),
    "a second file that is longer": (
        with_other_file("x,y\n0,1\n1,2\n2,3\n3,5\n4,6\n"),
        SWEEP,
        ("other.csv: has 5 rows, and data.csv has 4", "equally many"),
    ),
    "files of other columns": (
        with_other_file("x,z\n0,1\n1,2\n2,3\n3,5\n"),
        SWEEP,
        ("other.csv: has no column 'y'",),
    ),
    "cells of too many data sets": (
        study(
            ("weight", "num_datasets = 65_536, weight"),
            ("learning_rate = 0.1", "learning_rate = { linear = [0, 1], num = 99_999 }"),
            text=TEACHER,
        ),
        SWEEP,
        ("sweep: has 6553534464 cells",),
    ),
    "teacher with negative noise": (
        study(("weight", "noise = -1.0, weight"), text=TEACHER),
        SWEEP,
        ("data.teacher.noise", "at least 0"),
    ),
    "teacher too large": (study(("[1.0]", "[1e308]"), text=TEACHER), SWEEP, ("data: column 'y'",)),
    # Quantities.
    "axis empty": (sweep_of("learning_rate = []"), SWEEP, ("sweep.learning_rate", "at least one value")),
    "axis unsorted": (sweep_of("learning_rate = [0.1, 1, 0.5]"), SWEEP, ("0.5 after 1.0", "must increase")),
    "axis with a value twice": (
        sweep_of("learning_rate = [0.1, 0.1]"),
        SWEEP,
        ("0.1 after 0.1", "must increase"),
    ),
    "axis with a string": (
        sweep_of("learning_rate = [0.1, 'a']"),
        SWEEP,
        ("sweep.learning_rate", "'a' is not a"),
    ),
    "axis with nan": (
        sweep_of("learning_rate = [0.1, nan]"),
        SWEEP,
        ("sweep.learning_rate", "nan", "finite"),
    ),
    "nothing in an axis of pieces": (
        sweep_of("learning_rate = [0.1, {}]"),
        SWEEP,
        ("sweep.learning_rate: {} is not a value", "it needs one of linear, log"),
    ),
    "a distribution in an axis": (
        sweep_of("learning_rate = [0.1, { uniform = [0, 1] }]"),
        SWEEP,
        ("sweep.learning_rate: {'uniform': [0, 1]} is drawn", "numbers and ranges"),
    ),
    "a list in an axis": (
        sweep_of("learning_rate = [0.1, [0.2, 0.3]]"),
        SWEEP,
        ("sweep.learning_rate: [0.2, 0.3] is a list in a list", "numbers and ranges"),
    ),
    "a range in an axis without num": (
        sweep_of("learning_rate = [0.1, { linear = [1, 2] }]"),
        SWEEP,
        ("sweep.learning_rate", "linear needs num"),
    ),
    "a string beside a range": (
        sweep_of("learning_rate = ['a', { linear = [1, 2], num = 2 }]"),
        SWEEP,
        ("sweep.learning_rate", "'a' is not a number"),
    ),
    "infinity beside a range": (
        sweep_of("learning_rate = [inf, { linear = [1, 2], num = 2 }]"),
        SWEEP,
        ("sweep.learning_rate", "inf", "finite"),
    ),
    "ranges of too many values": (
        sweep_of("learning_rate = [{ linear = [1, 2], num = 9_000_000 }, { log = [3, 4], num = 9_000_000 }]"),
        SWEEP,
        ("sweep.learning_rate: an axis has 18000000 values", "16777216"),
    ),
    "a range below the least": (
        sweep_of("learning_rate = [0.1, { linear = [-1, 2], num = 3 }]"),
        SWEEP,
        ("sweep.learning_rate: reaches -1.0", "at least 0"),
    ),
    "a range too small for float32": (
        sweep_of("learning_rate = [0.1, { log = [1e-60, 1], num = 2 }]"),
        SWEEP,
        ("sweep.learning_rate: has 1e-60", "float32"),
    ),
    "linear reversed": (
        sweep_of("learning_rate = { linear = [1, 0], num = 4 }"),
        SWEEP,
        ("linear runs from 1.0 to 0.0", "below the second"),
    ),
    "linear to infinity": (
        sweep_of("learning_rate = { linear = [0, inf], num = 4 }"),
        SWEEP,
        ("inf", "finite"),
    ),
    "log from zero": (
        sweep_of("learning_rate = { log = [0, 1], num = 4 }"),
        SWEEP,
        ("log", "0.0", "above 0"),
    ),
    "log of three": (
        sweep_of("learning_rate = { log = [1, 2, 3], num = 4 }"),
        SWEEP,
        "a list of two numbers",
    ),
    "log of one number": (sweep_of("learning_rate = { log = 1, num = 4 }"), SWEEP, "a list of two numbers"),
    "num zero": (
        sweep_of("learning_rate = { linear = [0, 1], num = 0 }"),
        SWEEP,
        ("sweep.learning_rate", "num is 0", "whole number of at least 1"),
    ),
    "num missing": (sweep_of("learning_rate = { linear = [0, 1] }"), SWEEP, ("linear needs num",)),
    "num a float": (
        sweep_of("learning_rate = { linear = [0, 1], num = 4.0 }"),
        SWEEP,
        ("num is 4.0", "whole number"),
    ),
    "num too large": (
        sweep_of("learning_rate = { linear = [0, 1], num = 1_000_000_000_000 }"),
        SWEEP,
        ("sweep.learning_rate: an axis has 1000000000000 values", "16777216"),
    ),
    "too many cells": (
        sweep_of(
            "learning_rate = { linear = [0, 1], num = 1_000_000 }\n"
            "init_bias = { linear = [0, 1], num = 1_000_000 }"
        ),
        SWEEP,
        ("sweep: has 1000000000000 cells", "4294967296"),
    ),
    "num beside uniform": (
        sweep_of("learning_rate = { uniform = [0, 1], num = 4 }"),
        SWEEP,
        "'num' beside uniform",
    ),
    "unknown form": (
        sweep_of("learning_rate = { liner = [0, 1], num = 4 }"),
        SWEEP,
        ("sweep.learning_rate", "did you mean linear?"),
    ),
    "two forms": (
        sweep_of("learning_rate = { linear = [0, 1], log = [1, 2], num = 4 }"),
        SWEEP,
        "it needs one of",
    ),
    "empty table": (sweep_of("learning_rate = {}"), SWEEP, "it needs one of linear, log"),
    "uniform reversed": (
        sweep_of("init_bias = { uniform = [1, -1] }\nlearning_rate = 0.1"),
        SWEEP,
        "sweep.init_bias",
    ),
    "uniform of one value": (
        sweep_of("init_bias = { uniform = [1, 1] }\nlearning_rate = 0.1"),
        SWEEP,
        "the first end must be below the second",
    ),
    "log_uniform from zero": (sweep_of("learning_rate = { log_uniform = [0, 1] }"), SWEEP, "above 0"),
    "normal of negative std": (
        study(('activation = "relu"', "init_weight = { normal = [0, -1] }")),
        SWEEP,
        ("neuron.init_weight", "standard deviation -1.0", "at least 0"),
    ),
    "too large a number": (sweep_of(f"learning_rate = 1{'0' * 400}"), SWEEP, "too large"),
    "learning rate too large for float32": (
        sweep_of("learning_rate = 1e39"),
        SWEEP,
        ("sweep.learning_rate: has 1e+39", "float32"),
    ),
    "log axis too small for float32": (
        sweep_of("learning_rate = { log = [1e-60, 1], num = 4 }"),
        SWEEP,
        ("sweep.learning_rate: has 1e-60", "float32"),
    ),
    # Ranges.
    "negative learning rate": (
        sweep_of("learning_rate = -0.1"),
        SWEEP,
        ("sweep.learning_rate", "-0.1", "at least 0"),
    ),
    "target_scale too large for float32": (
        sweep_of("learning_rate = 0.1\ntarget_scale = 1e38"),
        SWEEP,
        ("sweep.target_scale: has 1e+38", "float32"),
    ),
    "negative learning rate in an axis": (
        sweep_of("learning_rate = [-0.1, 0.1]"),
        SWEEP,
        ("-0.1", "at least 0"),
    ),
    "negative learning rate in a draw": (
        sweep_of("learning_rate = { uniform = [-0.1, 0.1] }"),
        SWEEP,
        ("sweep.learning_rate", "-0.1", "at least 0"),
    ),
    "normal learning rate": (
        sweep_of("learning_rate = { normal = [0.1, 0.01] }"),
        SWEEP,
        ("sweep.learning_rate: reaches -inf", "at least 0"),
    ),
    "learning rate nan": (sweep_of("learning_rate = nan"), SWEEP, ("sweep.learning_rate", "nan", "finite")),
    "learning rate inf": (sweep_of("learning_rate = inf"), SWEEP, ("sweep.learning_rate", "inf", "finite")),
    "momentum one": (
        study(('"sgd"', '"momentum"'), ("learning_rate = 0.1", "learning_rate = 0.1\nmomentum = 1.0")),
        SWEEP,
        ("sweep.momentum: reaches 1.0", "at least 0 and below 1"),
    ),
    "momentum under sgd": (
        sweep_of("learning_rate = 0.1\nmomentum = 0.9"),
        SWEEP,
        ("sweep.momentum", "'sgd' does not take it"),
    ),
    "negative_slope under relu": (
        sweep_of("learning_rate = 0.1\nnegative_slope = 0.1"),
        SWEEP,
        ("sweep.negative_slope", "leaky_relu"),
    ),
    "adamw without weight_decay": (study(('"sgd"', '"adamw"')), SWEEP, "sweep.weight_decay: is missing"),
    "unknown activation": (
        study(('"relu"', '"rleu"')),
        SWEEP,
        ("neuron.activation: is 'rleu'", "did you mean relu?"),
    ),
    "unknown optimizer": (
        study(('"sgd"', '"adamm"')),
        SWEEP,
        ("training.optimizer: is 'adamm'", "mean adam"),
    ),
    "negative num_steps": (training("num_steps = -1"), SWEEP, ("training.num_steps: is -1", "at least 0")),
    "num_steps too large": (training("num_steps = 3_000_000_000"), SWEEP, ("training.num_steps", "at most")),
    "batch_size zero": (training("batch_size = 0"), SWEEP, ("training.batch_size: is 0", "at least 1")),
    "batch_size above the data": (
        training("batch_size = 5"),
        SWEEP,
        ("training.batch_size: is 5", "4 examples"),
    ),
    "no replicates": (
        sweep_of("learning_rate = 0.1\nreplicates = 0"),
        SWEEP,
        ("sweep.replicates: is 0", "at least 1"),
    ),
    "negative seed": (sweep_of("learning_rate = 0.1\nseed = -1"), SWEEP, ("sweep.seed: is -1", "at least 0")),
    "seed too large": (
        sweep_of("learning_rate = 0.1\nseed = 4294967296"),
        SWEEP,
        ("sweep.seed", "less than 4294967296"),
    ),
    "float16": (
        training('precision = "float16"'),
        SWEEP,
        ("training.precision: is 'float16'", "'float32' or 'float64'"),
    ),
    "records of all": (
        sweep_of('learning_rate = 0.1\nrecords = "all"'),
        SWEEP,
        ("sweep.records: is 'all'", "'cells' or 'neurons'"),
    ),
    "points with an axis": (
        sweep_of("learning_rate = [0.1, 0.2]\npoints = { sobol = 8 }"),
        SWEEP,
        ("sweep.learning_rate: is an axis", "sweep.points"),
    ),
    "points of two kinds": (
        sweep_of("learning_rate = { uniform = [0, 1] }\npoints = { sobol = 8, random = 8 }"),
        SWEEP,
        ("sweep.points.sobol, random: exactly one",),
    ),
    "points with nothing to spread": (
        sweep_of("learning_rate = 0.1\npoints = { random = 8 }"),
        SWEEP,
        ("sweep.points: nothing in [sweep] is uniform",),
    ),
    # Where the results go.
    "out is a file": (
        with_file("taken"),
        f"{SWEEP} --out taken",
        ("taken: exists and is not a run", "--out"),
    ),
    "out is a folder": (with_folder("taken"), f"{SWEEP} --out taken", ("taken: exists and is not a run",)),
    "out is a folder, with --overwrite": (
        with_folder("taken"),
        f"{SWEEP} --out taken --overwrite",
        ("taken: exists and is not a run",),
    ),
    "out is a Zarr of another kind": (
        with_file("taken/zarr.json", '{"zarr_format": 3, "node_type": "group", "attributes": {}}'),
        f"{SWEEP} --out taken --overwrite",
        ("taken: exists and is not a run",),
    ),
    "out is a later version's run": (
        with_file("later.zarr/zarr.json", LATER),
        f"{SWEEP} --out later.zarr",
        ("later.zarr: exists and is a run of format 999, and this version reads", "another --out"),
    ),
    "out is a broken Zarr": (
        with_file("taken/zarr.json", "[]"),
        f"{SWEEP} --out taken --overwrite",
        ("taken: exists and is not a run",),
    ),
    "out is a run of other data": (
        WithRun("run.zarr", changed("data.csv", "3,8", "3,9")),
        f"{SWEEP} --out run.zarr",
        ("run.zarr: holds another run: data is", "there and", "here", "--overwrite"),
    ),
    "out is a run of another seed": (
        WithRun("run.zarr", another_study("learning_rate = 0.1", "learning_rate = 0.1\nseed = 1")),
        f"{SWEEP} --out run.zarr",
        ("holds another run: sweep.seed is 0 there and 1 here; choose another --out", "--overwrite"),
    ),
    "out is a run of fewer steps": (
        WithRun("run.zarr", another_study("num_steps = 5", "num_steps = 9")),
        f"{SWEEP} --out run.zarr",
        ("training.num_steps is 5 there and 9 here", "more replicates or steps make a new run"),
    ),
    "out is a run of another precision": (
        WithRun("run.zarr", another_study("num_steps = 5", 'num_steps = 5\nprecision = "float64"')),
        f"{SWEEP} --out run.zarr",
        ("training.precision is 'float32' there and 'float64' here",),
    ),
    "out is a run whose description is damaged": (
        WithRun("run.zarr", changed("run.zarr/cells/fate_count/zarr.json", "neurons", "meurons")),
        f"{SWEEP} --out run.zarr",
        ("run.zarr: is damaged (cells/fate_count/zarr.json) beyond repair", "--overwrite"),
    ),
    # A run.
    **{
        f"{command}: {what}": (prepare, f"{command} {run} {rest}", words)
        for command, rest in (("status", ""), ("best", ""), ("deaths", ""), ("export", "cells.csv"))
        for what, prepare, run, words in (
            ("no run", write, "none.zarr", ("none.zarr: there is no such run; `jaxneuron sweep` makes one",)),
            ("an empty folder", with_folder("empty.zarr"), "empty.zarr", ("is not a run of jaxneuron",)),
            ("a file", write, "study.toml", ("study.toml: is not a run of jaxneuron",)),
            (
                "a later version's run",
                with_file("later.zarr/zarr.json", LATER),
                "later.zarr",
                ("later.zarr: is a run of format 999, and this version reads format ",),
            ),
            (
                "damaged root",
                WithRun("run.zarr", changed("run.zarr/zarr.json", '"relu"', '"rely"')),
                "run.zarr",
                ("run.zarr: is damaged (zarr.json) beyond repair; --overwrite replaces it",),
            ),
            (
                "damaged description",
                WithRun("run.zarr", changed("run.zarr/cells/fate/zarr.json", "became", "become")),
                "run.zarr",
                ("run.zarr: is damaged (cells/fate/zarr.json) beyond repair",),
            ),
        )
    },
    **{
        f"{command}: {what}": (WithRun("run.zarr", then), f"{command} run.zarr {rest}", words)
        for command, rest in (("best", ""), ("export", "cells.csv"))
        for what, then, words in (
            (
                "unfinished",
                lambda: Path("run.zarr/work/marker/c/0").unlink(),
                ("run.zarr: is unfinished, 0 of 1 chunks are done; the same `jaxneuron sweep` resumes it",),
            ),
            (
                "shard gone",
                lambda: Path("run.zarr/cells/final_loss_min/c/0").unlink(),
                ("is damaged (chunk 0, cells/final_loss_min)", "trains it again"),
            ),
            (
                "shard cut",
                lambda: Path("run.zarr/cells/fate_count/c/0/0").write_bytes(b"cut"),
                ("run.zarr: is damaged (chunk 0, cells/fate_count); the same `jaxneuron sweep`",),
            ),
        )
    },
    "best: by what": (WithRun("run.zarr"), "best run.zarr --by worst", ("--by: is 'worst'", "median, mean")),
    "best: by 1.5": (WithRun("run.zarr"), "best run.zarr --by 1.5", ("--by: is '1.5'", "between 0 and 1")),
    "best: none": (WithRun("run.zarr"), "best run.zarr --number 0", ("'--number'", "0", "x>=1")),
    "best: lost": (WithRun("run.zarr"), "best run.zarr --most-lost 2", ("'--most-lost'", "0<=x<=1")),
    "deaths: along what": (
        WithRun("run.zarr"),
        "deaths run.zarr --along learning_rat",
        ("run.zarr: has no axis 'learning_rat'; known: none",),
    ),
    "deaths: no figure": (
        WithRun("run.zarr"),
        "deaths run.zarr --figure d.txt",
        ("--figure: d.txt", ".png, .svg or .pdf"),
    ),
    "deaths: no run": (write, "deaths nowhere.zarr", ("nowhere.zarr: there is no such run",)),
    "best: no run given": (write, "best", ("Missing argument 'RUN'", "best --help")),
    "export: no file given": (write, "export run.zarr", ("Missing argument 'FILE'", "export --help")),
    "export: ending": (WithRun("run.zarr"), "export run.zarr cells.xls", ("cells.xls: must end in .csv",)),
    "export: a folder": (
        WithRun("run.zarr", lambda: Path("cells.csv").mkdir()),
        "export run.zarr cells.csv",
        ("cells.csv: is a folder",),
    ),
    "export: exists": (WithRun("run.zarr"), "export run.zarr data.csv", ("exists already", "--overwrite")),
    "export: under a file": (WithRun("run.zarr"), "export run.zarr data.csv/c.csv", ("cannot be made",)),
    "export: no records": (
        WithRun("run.zarr"),
        "export run.zarr neurons.csv --rows neurons",
        ('run.zarr: has no records of neurons; sweep with records = "neurons"',),
    ),
    "export: rows": (WithRun("run.zarr"), "export run.zarr a.csv --rows cell", ("'cell' is not one of",)),
    "out is the study": (
        write,
        f"{SWEEP} --out study.toml --overwrite",
        ("study.toml: exists and is not a run",),
    ),
    "out is here": (write, f"{SWEEP} --out .", ("--out: is '.'", "must be a name")),
    "out under a file": (
        write,
        f"{SWEEP} --out data.csv/run.zarr",
        ("data.csv/run.zarr: cannot be made", "data.csv"),
    ),
    "out under a file, deep": (
        write,
        f"{SWEEP} --out data.csv/a/b/run.zarr",
        ("cannot be made, since data.csv",),
    ),
    "out's name too long": (write, f"{SWEEP} --out new/{'r' * 250}", ("cannot be made", "too long", "--out")),
    "figure of a wrong ending": (
        write,
        f"{SWEEP} --figure map.jpg",
        ("--figure: map.jpg", ".png, .svg or .pdf"),
    ),
    "figure is a folder": (
        with_folder("map.png"),
        f"{SWEEP} --figure map.png",
        ("--figure: map.png is a folder",),
    ),
    "figure under a file": (
        write,
        f"{SWEEP} --figure data.csv/map.png",
        ("data.csv/map.png: cannot be made",),
    ),
    "figure is the run": (
        write,
        f"{SWEEP} --out map.png --figure map.png",
        ("map.png is the place of the run",),
    ),
    # The command line itself.
    "no command": (write, "", ("Missing command", "--help")),
    "unknown command": (write, "swep study.toml", ("No such command 'swep'", "--help")),
    "unknown option": (write, f"{SWEEP} --overwrit", ("sweep: No such option", "--overwrite", "--help")),
    "missing argument": (write, "sweep", ("Missing argument 'STUDY'", "sweep --help")),
    "one argument too many": (write, f"{SWEEP} more.toml", ("more.toml", "sweep --help")),
    "missing option": (write, "train data.csv --input x", ("Missing option '--target'", "train --help")),
    "option without its value": (write, f"{TRAIN} --seed", ("--seed", "requires an argument")),
    "option of the wrong type": (
        write,
        f"{TRAIN} --num-steps many",
        ("'--num-steps'", "'many'", "a whole number, or inf", "train --help"),
    ),
    "train: data missing": (write, "train dta.csv --input x --target y", ("dta.csv: there is no such file",)),
    "train: unknown column": (write, f"{TRAIN} --input z", ("data.csv: has no column 'z'", "known: x, y")),
    "train: an input twice": (write, f"{TRAIN} --input x", ("--input: names 'x' twice",)),
    "train: negative learning rate": (
        write,
        f"{TRAIN} --learning-rate -1",
        ("--learning-rate: reaches -1.0",),
    ),
    "train: learning rate nan": (
        write,
        f"{TRAIN} --learning-rate nan",
        ("--learning-rate: it is nan", "finite"),
    ),
    "train: momentum under sgd": (write, f"{TRAIN} --momentum 0.9", ("--momentum: optimizer 'sgd'",)),
    "train: adamw without decay": (write, f"{TRAIN} --optimizer adamw", ("--weight-decay: is missing",)),
    "train: unknown optimizer": (write, f"{TRAIN} --optimizer sdg", ("--optimizer: is 'sdg'", "mean sgd?")),
    "train: unknown activation": (
        write,
        f"{TRAIN} --activation rleu",
        ("--activation: is 'rleu'", "mean relu?"),
    ),
    "train: batch_size above the data": (
        write,
        f"{TRAIN} --batch-size 9",
        ("--batch-size: is 9", "4 examples"),
    ),
    "train: float16": (write, f"{TRAIN} --precision float16", ("--precision: is 'float16'", "'float64'")),
    "train: figure of a wrong ending": (write, f"{TRAIN} --figure fit.jpg", ("--figure: fit.jpg", ".png")),
    "train: figure under a file": (write, f"{TRAIN} --figure data.csv/fit.png", ("cannot be made",)),
}


def listing() -> dict[str, bytes | None]:
    """Everything in the working folder, with the content of files."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


# Most are checks of a study and its data, which a sweep makes however it is called: of these, one of each
# kind comes through the command line.
THROUGH_THE_COMMAND_LINE = {
    "study is not TOML",
    "study is not UTF-8",
    "unknown key in sweep",
    "unknown key with a line break",
    "unknown table",
    "string for a whole number",
    "bool for a quantity",
    "number for sweep",
    "a long value",
    "no learning rate",
    "data that names none",
    "data missing",
    "unknown column",
    "not numbers",
    "missing values",
    "constant input",
    "too large for float32",
    "not NPZ",
    "not Parquet",
    "x does not fit y",
    "teacher without num_examples",
    "files of other lengths",
    "axis unsorted",
    "too many cells",
    "negative learning rate",
    "adamw without weight_decay",
    "unknown optimizer",
    "batch_size above the data",
    "points with an axis",
}
OF_A_STUDY = [
    name for name, (_, line, _) in CASES.items() if line == SWEEP and name not in THROUGH_THE_COMMAND_LINE
]
OF_A_COMMAND = [name for name in CASES if name not in OF_A_STUDY]


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
def prepared(run_of_the_study, tmp_path, monkeypatch):
    """Prepares a case in the working folder."""
    monkeypatch.chdir(tmp_path)

    def prepare(case: Prepare | WithRun) -> None:
        if isinstance(case, WithRun):
            write()
            shutil.copytree(run_of_the_study, case.name)
            case.then()
        else:
            case()

    return prepare


def check(told: str, words: str | tuple[str, ...]) -> None:
    """It is one line, and holds these words."""
    assert len(told.splitlines()) == 1
    assert len(told) < 500
    for word in (words,) if isinstance(words, str) else words:
        assert word in told
    assert "None" not in told


def test_all_kinds_come_through_the_command_line():
    assert {CASES[name][1] for name in THROUGH_THE_COMMAND_LINE} == {SWEEP}
    assert len(OF_A_STUDY) > 100


@pytest.mark.parametrize("name", OF_A_STUDY)
def test_a_study_is_refused_in_one_line(name, prepared):
    prepare, _, words = CASES[name]
    prepared(prepare)
    before = listing()

    with pytest.raises(BadInput) as refused:
        jaxneuron.sweep(jaxneuron.read_study("study.toml"), "run.zarr")

    check(str(refused.value), words)
    assert listing() == before


@pytest.mark.parametrize("name", OF_A_COMMAND)
def test_a_command_is_refused_in_one_line(name, prepared, run_line):
    prepare, line, words = CASES[name]
    prepared(prepare)
    before = listing()

    code, out, err = run_line(line)

    assert (code, out) == (2, "")
    check(err, words)
    assert listing() == before


@pytest.mark.parametrize(
    "name",
    [
        "unknown key in sweep",
        pytest.param("not numbers", marks=pytest.mark.thorough),
        pytest.param("unknown option", marks=pytest.mark.thorough),
    ],
)
def test_the_executable_says_the_same(name, prepared):
    prepare, line, words = CASES[name]
    prepared(prepare)
    before = listing()

    ended = subprocess.run(
        [sys.executable, "-m", "jaxneuron", *shlex.split(line)],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    check(ended.stderr, words)
    assert listing() == before


def test_a_sweep_that_cannot_begin_leaves_nothing(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("stopped")

    study = jaxneuron.Study(data={"x": [0.0, 1.0], "y": [1.0, 2.0]}, sweep={"learning_rate": 0.1})
    monkeypatch.setattr(create, "_create_summaries", fails)
    with pytest.raises(RuntimeError, match="stopped"):
        jaxneuron.sweep(study, tmp_path / "new" / "folder" / "run.zarr")

    assert list(tmp_path.iterdir()) == []


def faster_study() -> jaxneuron.Study:
    """The study in the working folder with another learning rate."""
    Path("faster.toml").write_text(STUDY.replace("learning_rate = 0.1", "learning_rate = 0.2"))
    return jaxneuron.read_study("faster.toml")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_what_would_be_replaced_is_kept_until_the_new_run_stands(stop, prepared, monkeypatch):
    prepared(WithRun("run.zarr"))
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


def test_a_run_behind_a_link_is_replaced(prepared):
    prepared(WithRun("run.zarr"))
    link = Path("link.zarr")
    link.symlink_to("run.zarr")

    run = jaxneuron.sweep(faster_study(), link, overwrite=True)

    assert link.is_symlink()
    assert run.study.sweep.learning_rate == 0.2
    assert jaxneuron.open_run("run.zarr").study.sweep.learning_rate == 0.2


def test_what_is_no_run_is_not_opened(tmp_path):
    with pytest.raises(BadInput, match="there is no such run"):
        jaxneuron.open_run(tmp_path / "none.zarr")
    with pytest.raises(BadInput, match="is not a run of jaxneuron"):
        jaxneuron.open_run(tmp_path)
