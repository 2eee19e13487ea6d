"""Bad studies and data are refused in one line: what is wrong, where, what would be right."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import jaxneuron
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


def write(study: str | bytes = STUDY, csv: str | bytes = CSV) -> None:
    """A study and its data in the working folder."""
    for name, content in (("study.toml", study), ("data.csv", csv)):
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def edited(*texts: str, study: str = STUDY) -> str:
    """The study in which the first of two texts is replaced by the second, the third by the fourth, …"""
    for old, new in zip(texts[::2], texts[1::2], strict=True):
        assert study.count(old) == 1, old
        study = study.replace(old, new)
    return study


# What is given, and the words that its line holds, with slashes between them.

LEARNING_RATES = {
    "true": "True is not a number",
    '"0.1"': "'0.1' is not a number",
    "2020-01-01": "not a number",
    "[]": "at least one value",
    "[0.1, 0.1]": "0.1 after 0.1 / must increase",
    "[0.1, 'a']": "'a' is not a",
    "[0.1, nan]": "nan / finite",
    "[0.1, {}]": "{} is not a value / it needs one of linear, log",
    "[0.1, { uniform = [0, 1] }]": "{'uniform': [0, 1]} is drawn / numbers and ranges",
    "[0.1, [0.2, 0.3]]": "[0.2, 0.3] is a list in a list / numbers and ranges",
    "[0.1, { linear = [1, 2] }]": "linear needs num",
    "['a', { linear = [1, 2], num = 2 }]": "'a' is not a number",
    "[{ linear = [1, 2], num = 9_000_000 }, { log = [3, 4], num = 9_000_000 }]": "18000000 values / 16777216",
    "[0.1, { linear = [-1, 2], num = 3 }]": "reaches -1.0 / at least 0",
    "{ linear = [1, 0], num = 4 }": "linear runs from 1.0 to 0.0 / below the second",
    "{ linear = [0, inf], num = 4 }": "inf / finite",
    "{ log = [0, 1], num = 4 }": "log / 0.0 / above 0",
    "{ log = [1, 2, 3], num = 4 }": "a list of two numbers",
    "{ log = 1, num = 4 }": "a list of two numbers",
    "{ linear = [0, 1], num = 0 }": "num is 0 / whole number of at least 1",
    "{ linear = [0, 1] }": "linear needs num",
    "{ linear = [0, 1], num = 4.0 }": "num is 4.0 / whole number",
    "{ linear = [0, 1], num = 1_000_000_000_000 }": "an axis has 1000000000000 values / 16777216",
    "{ uniform = [0, 1], num = 4 }": "'num' beside uniform",
    "{ liner = [0, 1], num = 4 }": "did you mean 'linear'?",
    "{ linear = [0, 1], log = [1, 2], num = 4 }": "it needs one of",
    "{}": "it needs one of linear, log",
    "{ log_uniform = [0, 1] }": "above 0",
    "1" + "0" * 400: "too large",
    "1e39": "has 1e+39 / float32",
    "-0.1": "-0.1 / at least 0",
    "[-0.1, 0.1]": "-0.1 / at least 0",
    "{ uniform = [-0.1, 0.1] }": "-0.1 / at least 0",
    "{ normal = [0.1, 0.01] }": "reaches -inf / at least 0",
    "inf": "inf / finite",
}
BESIDE_A_LEARNING_RATE = {
    "init_bias = { uniform = [1, -1] }": "sweep.init_bias",
    "init_bias = { uniform = [1, 1] }": "the first end must be below the second",
    "target_scale = 1e38": "sweep.target_scale: has 1e+38 / float32",
    "momentum = 0.9": "sweep.momentum / 'sgd' does not take it",
    "negative_slope = 0.1": "sweep.negative_slope / leaky_relu",
    "replicates = 0": "sweep.replicates: is 0 / at least 1",
    "seed = -1": "sweep.seed: is -1 / at least 0",
    "seed = 4294967296": "sweep.seed / less than 4294967296",
    'records = "all"': "sweep.records: is 'all' / 'cells' or 'neurons'",
    "points = { random = 8 }": "sweep.points: nothing in [sweep] is uniform",
}
SWEEPS = {
    "seed = 1\nseed = 2": "not valid TOML",
    "seed = 1" + "0" * 5000: "not valid TOML",
    "seed = " + "[" * 5000: "not valid TOML",
    "learning_rte = 0.1": "study.toml: sweep.learning_rte: unknown key / did you mean 'learning_rate'?",
    "learning_rate = { uniform = [0, 1] }\npoints = { sobl = 4 }": "sweep.points.sobl / mean 'sobol'?",
    "init_weight = 1.0": "sweep.init_weight: unknown key; it belongs in [neuron]",
    "num_steps = 9": "sweep.num_steps: unknown key; it belongs in [training]",
    "bias = 1.0": "sweep.bias: unknown key; did you mean 'init_bias'?",
    "init_weigth = 1.0": "sweep.init_weigth: unknown key; did you mean 'init_weight' in [neuron]?",
    "qqq = 1": "sweep.qqq: unknown key / learning_rate",
    '"a\\nb" = 1': "sweep.a b: unknown key",
    "Table = 1": "sweep.Table: unknown key",
    "learning_rate = { uniform = [0, 1] }\npoints = 8": "sweep.points: is 8",
    "": "sweep.learning_rate: is missing",
    "learning_rate = [0.1, 0.2]\npoints = { sobol = 8 }": "sweep.learning_rate: is an axis / sweep.points",
    "learning_rate = { uniform = [0, 1] }\npoints = { sobol = 8, random = 8 }": "sobol, random: exactly one",
}
TRAININGS = {
    "numsteps = 5": "training.numsteps / did you mean 'num_steps'?",
    'num_steps = "5"': "training.num_steps: is '5' / whole number",
    "num_steps = 5.0": "training.num_steps / whole number",
    "num_steps = true": "training.num_steps / True / whole number",
    "tolerance = true": "training.tolerance: is True / must be a number",
    f"num_steps = {list(range(10000))}": "training.num_steps: is [0, 1, 2 / …; it must be a whole number",
    "num_steps = -1": "training.num_steps: is -1 / at least 0",
    "num_steps = 3_000_000_000": "training.num_steps / at most",
    "batch_size = 0": "training.batch_size: is 0 / at least 1",
    "batch_size = 5": "training.batch_size: is 5 / 4 examples",
}
# The first text of STUDY is replaced by the second; and so of TEACHER.
EDITS = {
    ("[sweep]", "[sweep"): "study.toml / not valid TOML / line 14",
    ('scale = "standard"', 'scales = "none"'): "data.scales: unknown key / did you mean 'scale'?",
    ("file =", "fiel ="): "data.fiel: unknown key / did you mean 'file'?",
    ("activation =", "activaton ="): "neuron.activaton / did you mean 'activation'?",
    ("[data]", "learning_rate = 0.1\n[data]"): "learning_rate: unknown key; it belongs in [sweep]",
    ("[training]", "[trainig]"): "trainig: unknown key / did you mean 'training'?",
    ('activation = "relu"', 'train_bias = "no"'): "neuron.train_bias / true or false",
    ('"y"', '["y"]'): "data.target: is ['y'] / string",
    ('["x"]', '"x"'): "data.inputs: is 'x' / must be a list",
    ('["x"]', '["x", 3]'): "data.inputs.1: is 3 / string",
    ('["x"]', "[]"): "data.inputs: is [] / at least one",
    ('["x"]', '["x", "x"]'): "data.inputs: names 'x' twice",
    ("[sweep]", "[[sweep]]"): "sweep: is / it must be a table",
    ('["x"]', '["xx"]'): "data.csv: has no column 'xx' / did you mean 'x'?",
    ('target = "y"', ""): "data.target: is missing",
    ("data.csv", "dta.csv"): "dta.csv: there is no such file / CSV",
    ("data.csv", "d" * 300 + ".csv"): "there is no such file",
    ("data.csv", "."): "is not a file ending in .csv, .tsv, .txt, .dat, .parquet, .npz",
    ('"data.csv"', "[]"): "data.file: is [] / at least one",
    ('"data.csv"', "3"): "data.file: is 3 / string",
    ('"data.csv"', '["data.csv", 3]'): "data.file.1: is 3 / string",
    ('"data.csv"', '["data.csv", "dta.csv"]'): "dta.csv: there is no such file",
    (
        'activation = "relu"',
        "init_weight = { normal = [0, -1] }",
    ): "neuron.init_weight / deviation -1.0 / at least 0",
    (
        '"sgd"',
        '"momentum"',
        "[sweep]",
        "[sweep]\nmomentum = 1.0",
    ): "sweep.momentum: reaches 1.0 / at least 0 and below 1",
    ('"sgd"', '"adamw"'): "sweep.weight_decay: is missing",
    ('"relu"', '"rleu"'): "neuron.activation: is 'rleu' / did you mean 'relu'?",
    ('"sgd"', '"adamm"'): "training.optimizer: is 'adamm' / mean 'adam'",
}
TEACHERS = {
    ("num_examples", "num_example"): "num_example / did you mean 'num_examples'?",
    ("{ weight = [1.0], num_examples = 8 }", "1.0"): "is 1.0 / table",
    (", num_examples = 8", ""): "num_examples: is missing",
    ("weight", "inputs = { linear = [0, 1], num = 8 }, weight"): "num_examples: is given / axis",
    ("[1.0], num_examples = 8", "[1, 2], inputs = [1, 2]"): "inputs: is an axis / weight has 2",
    ("weight", "inputs = 1.0, weight"): "inputs: is 1.0 / distribution or an axis",
    ("[1.0]", "[]"): "weight / at least one",
    ("weight", "num_datasets = 0, weight"): "num_datasets: is 0 / at least 1",
    ("weight", "num_datasets = 1.5, weight"): "num_datasets: is 1.5 / whole number",
    ("[1.0]", "{ unit_vector = 9999 }", "= 8", "= 99_999_999"): "makes 999899990001 inputs / 4294967296",
    ("[1.0]", "{ unit_vecotr = 5 }"): "weight.unit_vecotr: unknown key / did you mean 'unit_vector'?",
    ("[1.0]", "{ unit_vector = 0 }"): "weight.unit_vector: is 0 / at least 1",
    ("[1.0]", "1.0"): "weight: is 1.0 / a list",
    ("[1.0], num_examples = 8", "{ unit_vector = 2 }, inputs = [1, 2]"): "inputs: is an axis / weight has 2",
    ("weight", "noise = -1.0, weight"): "noise / at least 0",
}
DATA = {
    "scale = 'none'": "data: it names no data / file, teacher, or x and y",
    "y = [1]": "data.x: is missing",
    "x = [1, 2, 3]\ny = [1, 2]": "data: x has the shape (3, 1) and y (2,) / [examples, inputs]",
    "x = [1, 2]\ny = [[1], [2]]": "x has the shape (2, 1) and y (2, 1)",
    "x = [[1], [2, 3]]\ny = [1, 2]": "data.x: must be a list of numbers / equally long",
    "x = ['1', '2']\ny = [1, 2]": "data.x: must be a list of numbers / equally long",
    "x = []\ny = []": "data: x and y are empty / at least one",
    "x = [1, nan]\ny = [1, 2]": "data.x: has numbers that are not finite",
}
MILLION = "{ linear = [0, 1], num = 1_000_000 }"
STUDIES = {
    b"[data]\nfile = '\xff\xfe'": "study.toml / not text in UTF-8",
    "": "study.toml: data: is missing",
    "num_steps = 5\n" + STUDY.replace("num_steps = 5", ""): "num_steps: unknown key",
    "data = 3\n[sweep]\nlearning_rate = 0.1": "data: is 3 / table",
    "neuron = 3\n" + STUDY.replace('[neuron]\nactivation = "relu"', ""): "neuron: is 3 / table",
    "sweep = 3\n" + STUDY.partition("[sweep]")[0]: "sweep: is 3; it must be a table",
    "[sweep]\nlearning_rate = 0.1": "data: is missing",
    STUDY.partition("[sweep]")[0]: "sweep: is missing",
    edited(
        "weight", "num_datasets = 65_536, weight", "0.1", "{ linear = [0, 1], num = 99_999 }", study=TEACHER
    ): ("sweep: has 6553534464 cells"),
    edited("0.1", MILLION) + f"init_bias = {MILLION}": "sweep: has 1000000000000 cells / 4294967296",
    edited("[1.0]", "[1e308]", study=TEACHER): "data: column 'y'",
}
TABLES = {
    ",".join(f"column{i}" for i in range(999)) + "\n1": "has no column 'x' / column0 / … (999)",
    CSV.replace(",", "^"): "has no column 'x' / x^y",
    "x,y\n" + "1,\n" * 9: "is missing 9 of 9 rows (1, 2, 3, 4, 5, …)",
    "x,y\n0,1\ninf,2\n2,3\n": "column 'x' is not finite in 1 of 3 rows (2)",
    "": "data.csv: is empty / CSV",
    "\n\n\n": "data.csv / CSV",
    "x,y\n0.1,1\n0.1,2\n0.1,3\n": "column 'x' is 0.1 in every row / scale = \"none\"",
    "x,y\n1,5\n2,5\n3,5\n": "column 'y' is 5 in every row / scale = \"none\"",
    CSV.encode("utf-16-le"): 'data.csv: has NUL bytes / encoding = "utf-16-le"',
    bytes(range(256)) * 8: "data.csv",
    "x,y\n" + "9" * 400 + ",1\n" + "8" * 400 + ",2\n": "data.csv: column 'x'",
    "x,y\n-1e200,1\n1e200,2\n": "too large / standardised",
    "x,y\n0,1\n1e-200,2\n": "close together / standardised",
}
UNSCALED_TABLES = {
    "x,y\n1,1\n1e39,2\n": "column 'x' is too large for float32 in 1 of 2 rows (2) / precision = \"float64\"",
    "x,y\n1,1\n2,1e30\n": "'y' is too large for float32",
    "x,y\n1,1\n2,1e160\n": "too large for float64",
}
SECOND_TABLES = {
    "x,z\n0,1\n1,2\n2,3\n3,5\n": "other.csv: has no column 'y'",
}
# What is in a data file, by columns or as text; and its name.
FILES: list[tuple[str, Any, str]] = [
    ("data.xlsx", CSV, "data.xlsx / .csv / .parquet, .npz"),
    ("data.npz", {"x": ["9" * 400, "1"], "y": [1.0, 2.0]}, "data.npz: column 'x'"),
    ("data.npz", {"x": [1.0, 2.0], "y": [1.0]}, "data.npz / 'x': 2, 'y': 1 / equal"),
    ("data.npz", {"x": [1j, 2], "y": [1.0, 2.0]}, "'x' holds complex128, not numbers"),
    ("data.npz", {}, "data.npz: has no column 'x' / known: none"),
    ("data.npz", CSV, "data.npz: is not an NPZ file"),
    ("data.parquet", CSV, "data.parquet: cannot be read as PARQUET"),
    ("data.parquet", {"x": [[1], [2]], "y": [1, 2]}, "'x' holds list / not numbers"),
]


def write_file(name: str, content: Any) -> None:
    """A study of a data file of another kind."""
    write(STUDY.replace("data.csv", name))
    if isinstance(content, str):
        Path(name).write_text(content)
    elif name.endswith(".npz"):
        np.savez(name, **content)
    else:
        pd.DataFrame(content).to_parquet(name)


def write_two_files(content: str) -> None:
    """A study of two data files."""
    write(edited('"data.csv"', '["data.csv", "other.csv"]'))
    Path("other.csv").write_text(content)


# Where something is wrong in a table, and what prepares a case of it in the working folder.
PREPARE: list[tuple[str, dict, Callable[[Any], None]]] = [
    (
        "sweep.learning_rate: ",
        LEARNING_RATES,
        lambda value: write(edited("learning_rate = 0.1", f"learning_rate = {value}")),
    ),
    ("", BESIDE_A_LEARNING_RATE, lambda line: write(STUDY + line)),
    ("", SWEEPS, lambda lines: write(edited("learning_rate = 0.1", lines))),
    ("", TRAININGS, lambda line: write(edited("num_steps = 5", line))),
    ("", EDITS, lambda texts: write(edited(*texts))),
    ("data.teacher", TEACHERS, lambda texts: write(edited(*texts, study=TEACHER))),
    ("", DATA, lambda lines: write(f"[data]\n{lines}\n[sweep]\nlearning_rate = 0.1")),
    ("", STUDIES, write),
    ("", TABLES, lambda content: write(csv=content)),
    ("", UNSCALED_TABLES, lambda content: write(STUDY.replace('"standard"', '"none"'), content)),
    ("", SECOND_TABLES, write_two_files),
]


def cases() -> Iterator[Any]:
    """What prepares each case, and the words of its line."""
    for where, table, prepare in PREPARE:
        for given, words in table.items():
            yield pytest.param(partial(prepare, given), f"{where} / {words}", id=f"{given!r:.60}")
    for name, content, words in FILES:
        yield pytest.param(partial(write_file, name, content), words, id=f"{name} {content!r:.60}")


CASES = list(cases())


def listing() -> dict[str, bytes | None]:
    """Everything in the working folder, with the content of files."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


def check(line: str, words: str) -> None:
    """It is one line, and holds these words."""
    assert len(line.splitlines()) == 1
    assert len(line) < 500
    for word in words.split(" / "):
        assert word in line
    assert "None" not in line


@pytest.mark.parametrize(("prepare", "words"), CASES)
def test_a_study_is_refused_in_one_line(prepare, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare()
    before = listing()

    with pytest.raises(BadInput) as refused:
        jaxneuron.sweep(jaxneuron.read_study("study.toml"), "run.zarr")

    check(str(refused.value), words)
    assert listing() == before


# A sweep makes the same checks however it is called: one case in six comes through the command line.
@pytest.mark.parametrize(("prepare", "words"), CASES[::6])
def test_a_command_refuses_a_study_in_one_line(prepare, words, tmp_path, monkeypatch, run_line):
    monkeypatch.chdir(tmp_path)
    prepare()
    before = listing()

    code, out, err = run_line("sweep study.toml")

    assert (code, out) == (2, "")
    check(err, words)
    assert listing() == before
