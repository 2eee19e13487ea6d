"""What only Python has: paths of studies, names of columns, progress, and commands as methods of a run."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import jaxneuron as jn
from jaxneuron.view import progress
from tests.values import values_of

STUDY = """
data = { file = "data.csv", inputs = ["hours"], target = "score" }
training = { num_steps = 20 }
sweep = { learning_rate = [0.1, 0.2], replicates = 2, records = "neurons" }
"""
FRAME = pd.DataFrame(
    {"hours": [0.0, 1.0, 2.0, 5.0], "sleep": [8.0, 7.0, 7.0, 6.0], "score": [1.0, 2.0, 3.0, 5.0]}
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("study.toml").write_text(STUDY)
    FRAME.to_csv("data.csv", index=False)
    return tmp_path


def study_of(**data):
    sweep = {"learning_rate": [0.1, 0.2], "replicates": 2, "records": "neurons"}
    return jn.Study(data=data, training={"num_steps": 20}, sweep=sweep)


def test_a_file_a_path_and_a_frame_are_the_same_study(folder, capfd):
    run = jn.sweep("study.toml", "run.zarr", progress=True)
    assert "4 of 4 neurons" in capfd.readouterr().err
    of_frame = study_of(x=FRAME[["hours"]], y=FRAME["score"], scale="standard")
    of_path = study_of(file=folder / "data.csv", inputs=["hours"], target="score")
    for study in (of_frame, of_path, Path("study.toml")):
        assert values_of(jn.sweep(study, "run.zarr")) == values_of(run)  # resumed: their identity is the same
    with pytest.raises(jn.BadInput, match="it must be a Study, or the path"):
        jn.sweep({}, "other.zarr")  # pyright: ignore[reportArgumentType]
    assert jn.train(Path("study.toml"), cell=1).loss == jn.train(run, cell=1).loss
    assert jn.open_run("run.zarr").status() == run.status()
    assert run.status(verify=True).damaged == {}
    assert run.deaths("learning_rate").neurons.tolist() == [2, 2]
    assert run.export("cells.csv") == 2
    assert run.export("neurons.csv", rows="neurons") == 4
    with pytest.raises(jn.BadInput, match="exists already"):
        run.export("cells.csv")
    with pytest.raises(jn.BadInput, match="must end in"):
        run.report("report.txt")


NAMES = {
    "frame": ({"x": FRAME[["hours", "sleep"]], "y": FRAME["score"]}, ("hours", "sleep"), "score"),
    "series": ({"x": FRAME["hours"], "y": FRAME["score"]}, ("hours",), "score"),
    "given": ({"x": FRAME[["hours"]], "y": FRAME["score"], "inputs": ["h"], "target": "s"}, ("h",), "s"),
    "numbered": (
        {"x": pd.DataFrame(FRAME.to_numpy()), "y": FRAME["score"].to_numpy()},
        ("x0", "x1", "x2"),
        "y",
    ),
    "array": ({"x": FRAME["hours"].to_numpy(), "y": FRAME["score"].tolist()}, ("x",), "y"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_names_of_columns_are_kept(kind):
    from jaxneuron.study.data import load

    data, inputs, target = NAMES[kind]
    study = study_of(**data)
    (loaded,) = load(study.data)
    assert (loaded.inputs, loaded.target) == (inputs, target)
    again = jn.Study(**json.loads(study.model_dump_json()))  # as a run keeps it
    assert load(again.data)[0].sha256 == loaded.sha256


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"inputs": ["a"]}, "inputs: has 1 names, and x has 2 inputs"),
        ({"inputs": ["a", "a"]}, "inputs: names 'a' twice"),
        ({"x": FRAME[["hours", "hours"]]}, "inputs: names 'hours' twice"),
        ({"target": 3}, "target: is 3; it must be a string"),
    ],
)
def test_names_that_cannot_be_are_refused(wrong, said):
    with pytest.raises(jn.BadInput, match=f"data.{said}"):
        study_of(**{"x": FRAME[["hours", "sleep"]], "y": FRAME["score"]} | wrong)


def test_a_study_is_short_to_read():
    x = np.linspace(0, 1, 100_000)
    study = jn.Study(data={"x": x, "y": x}, sweep={"learning_rate": x[1:]})
    assert len(repr(study)) < 1000
    assert "examples=100000" in repr(study)


def test_a_notebook_shows_a_bar_that_is_updated(monkeypatch):
    shown = []
    handle = SimpleNamespace(update=shown.append)
    display = SimpleNamespace(display=lambda bar, display_id: shown.append(bar) or handle)
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=None), display=display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    with progress.progress_bar() as show:
        for done in (0, 5, 6, 10):
            show(done, 10)
    assert [bar.done for bar in shown] == [0, 10]  # what comes at once is shown at the end
    assert 'value="10" max="10"' in shown[-1]._repr_html_()
    assert repr(shown[-1]).startswith("10 of 10 neurons")
