"""Keys on the command line: what each means, a study.toml that is written, and one that is overridden."""

import datetime
import shlex
import tomllib
from pathlib import Path

import pytest

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.files import Table
from jaxneuron.study.study import read_study
from jaxneuron.study.toml import as_toml

STUDY = """
[data]
file = "data.csv"
inputs = ["x"]
target = "y"
[training]
num_steps = 20
[sweep]
learning_rate = { log = [0.1, 1.0], num = 4 }
replicates = 3
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("study.toml").write_text(STUDY)
    Path("data.csv").write_text("x,y\n0,1\n1,2\n2,4\n")


SET = {
    "sweep.replicates=5": ("sweep", "replicates", 5),
    " sweep . replicates = 5 # five": ("sweep", "replicates", 5),
    "sweep.learning_rate=0.5": ("sweep", "learning_rate", 0.5),
    "sweep.learning_rate = [0.5, 1]": ("sweep", "learning_rate", [0.5, 1.0]),
    "sweep.learning_rate.num=2": ("sweep", "learning_rate", {"log": [0.1, 1.0], "num": 2}),
    "training.optimizer=adam": ("training", "optimizer", "adam"),
    'training.optimizer="adam"': ("training", "optimizer", "adam"),
    "neuron.train_bias=false": ("neuron", "train_bias", False),
    "neuron.init_weight={uniform=[0,1]}": ("neuron", "init_weight", {"uniform": [0.0, 1.0]}),
    "data.target=a = b [c]": ("data", "target", "a = b [c]"),
}


@pytest.mark.parametrize("text", SET)
def test_a_setting_takes_the_place_of_a_value_and_of_no_other(text):
    table, key, value = SET[text]
    expected = read_study("study.toml").model_dump(mode="json")
    expected[table][key] = value
    assert read_study("study.toml", [text]).model_dump(mode="json") == expected


def test_the_last_of_two_settings_counts():
    assert read_study("study.toml", ["sweep.seed=1", "sweep.seed=2"]).sweep.seed == 2


WRONG = {
    "sweep.replicates": "--set: is 'sweep.replicates'; it must be KEY=VALUE",
    "=4": "--set: is '=4'; it must be KEY=VALUE",
    "sweep..seed=4": "it must be KEY=VALUE",
    "sweep.replicates=": "it must be KEY=VALUE",
    "replicates=4": "--set replicates: is in a table; did you mean 'sweep.replicates'?",
    "swep.replicates=4": "--set swep.replicates: is no key of a study; did you mean 'sweep.replicates'?",
    "sweep.replicats=4": "--set sweep.replicats: unknown key; did you mean 'replicates'?",
    "sweep.replicates=0": "--set sweep.replicates: is 0; it must be at least 1",
    "sweep.replicates=four": "--set sweep.replicates: is 'four'; it must be a whole number",
    "sweep.replicates.a=4": "--set sweep.replicates.a: sweep.replicates is 3, which has no keys",
    "sweep.learning_rate.num=0": "--set sweep.learning_rate: ",
    "sweep.learning_rate={log=[1,2]": "--set sweep.learning_rate: is '{log=[1,2]', which is not valid TOML",
    "data.target=2024-01-01": f"--set data.target: is {datetime.date(2024, 1, 1)!r}; it must be a string",
    "sweep.seed=1\nrecords=2": "it must be one value",
    "training.momentum=0.9": "--set training.momentum: unknown key",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_setting_that_cannot_be_is_refused(text):
    with pytest.raises(BadInput) as error:
        read_study("study.toml", [text])
    assert WRONG[text] in str(error.value)


def test_what_is_wrong_in_the_file_is_said_of_the_file():
    Path("study.toml").write_text(STUDY.replace("replicates = 3", "replicates = 0"))
    with pytest.raises(BadInput, match=r"^study.toml: sweep.replicates: is 0"):
        read_study("study.toml", ["sweep.seed=1"])
    assert read_study("study.toml", ["sweep.replicates=2"]).sweep.replicates == 2


def test_a_run_records_what_was_set_and_is_resumed_by_the_same_line_alone(found, refused, run_line):
    line = "create study.toml --out run.zarr"
    assert run_line(f"{line} --set sweep.replicates=4 --set training.optimizer=momentum")[0] == 0
    made = found(f"{line} --set training.optimizer=momentum --set sweep.replicates=4")
    assert not made["is_new"]
    assert made["num_neurons"] == 16
    said = refused(line)
    assert "training.optimizer is 'momentum' there and 'sgd' here" in said
    assert "sweep.replicates is 4 there and 3 here" in said
    assert found("plan study.toml --seconds 0 --set sweep.replicates=7")["num_neurons"] == 28


def test_a_study_is_written_that_is_read_as_it_says(succeed, refused):
    folder = Path("a folder")
    file = Path('ünï "data" #1\\.csv')
    file.write_text("in [1],#y\n0,1\n1,2\n2,4\n")
    words = ["init", str(file), "--input", "in [1]", "--target", "#y", "--set", "sweep.momentum=[0, 0.9]"]
    line = shlex.join([*words, "--set", "training.optimizer=momentum", "--out", f"{folder}/s.toml"])
    assert "sweep 'a folder/s.toml'" in succeed(line)
    study = read_study(folder / "s.toml")
    assert isinstance(study.data, Table)
    assert Path(study.data.files[0]).samefile(file)
    assert study.data.inputs == ("in [1]",)
    assert study.training.optimizer == "momentum"
    assert study.design.num_cells == 32 * 32 * 2
    text = (folder / "s.toml").read_text("utf-8")
    assert "# The column of the target.\ntarget = " in text
    assert "exists already" in refused(line)
    assert (folder / "s.toml").read_text("utf-8") == text
    for change, said in (
        ("--input z --target y --out t.toml", "has no column 'z'"),
        ("--input x --target y --out t.csv", "--out: t.csv must end in .toml"),
        ("--input x --input x --target y --out t.toml", "--input: names 'x' twice"),
        ("--input x --target y --out t.toml --set sweep.seed=-1", "--set sweep.seed: is -1"),
    ):
        assert said in refused(f"init data.csv {change}")
    assert not Path("t.toml").exists()


def test_keys_are_found_by_any_part_of_their_names(succeed, found, refused):
    assert succeed("keys learning_rate") == succeed("keys sweep.learning_rate")
    assert succeed("keys sweep").count("\nsweep.") == 26
    names = {name: [key["name"] for key in found(f"keys {name}")["keys"]] for name in ("seed", "points")}
    assert names == {
        "seed": ["data.teacher.seed", "sweep.seed"],
        "points": ["sweep.points", "sweep.points.sobol", "sweep.points.random"],
    }
    assert "did you mean 'learning_rate'?" in refused("keys learning_rte")


@pytest.mark.parametrize("value", ['é"\\\n\x7f', [1, -0.5, True], {"log": [1e-300, 5.0], "num": 3}, []])
def test_values_are_written_as_they_are_read(value):
    assert tomllib.loads(f"x = {as_toml(value)}")["x"] == value
