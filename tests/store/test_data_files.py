"""A run finds its data again from any folder, after it was moved with it, and no other data in its place."""

import shutil
from pathlib import Path

import pytest

import jaxneuron as jn
from jaxneuron.study.bad_input import BadInput

STUDY = """
data = { file = "data/data.csv", inputs = ["x"], target = "y", scale = "none" }
training = { num_steps = 20 }
sweep = { learning_rate = [0.1, 0.2] }
"""
DATA = "x,y\n0,1\n1,2\n2,4\n"
OTHER = DATA.replace("4", "5")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A folder with a study, its data and its run, whose paths are relative."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "data").mkdir()
    (folder / "data/data.csv").write_text(DATA)
    (folder / "study.toml").write_text(STUDY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        jn.sweep(jn.read_study("study.toml"), "runs/run.zarr")
    return folder


@pytest.fixture
def project(swept, tmp_path, monkeypatch):
    """A copy of it, while the original is out of reach, and another working folder."""
    shutil.copytree(swept, tmp_path / "project")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    away = swept.rename(swept.with_name("away"))
    yield tmp_path / "project"
    away.rename(swept)


def opened(project) -> jn.Run:
    return jn.open_run(project / "runs/run.zarr")


def is_trained_as_swept(run: jn.Run) -> bool:
    loss = run.cells.final_loss_min.values
    return all(float(loss[cell]) == jn.train(run.study, cell=cell).loss for cell in range(2))


def test_from_another_folder_and_after_a_move(swept, project):
    assert is_trained_as_swept(opened(project))  # by the path from the run
    run = shutil.move(project / "runs", project.parent / "far/away/runs")
    shutil.copytree(project / "data", swept / "data")
    assert is_trained_as_swept(jn.open_run(run / "run.zarr"))  # by the absolute path
    shutil.rmtree(swept)


def test_data_of_the_same_name_is_not_taken_for_that_of_the_run(project):
    Path("data").mkdir()
    Path("data/data.csv").write_text(OTHER)
    run = opened(project)
    assert is_trained_as_swept(run)
    (project / "data/data.csv").unlink()
    assert is_refused("data/data.csv: has changed since the run was swept", opened(project))
    own = run.study.model_copy(update={"data": run.study.data.model_copy(update={"file": "data/data.csv"})})
    assert jn.train(own).loss > 0  # whoever names another file means it


def is_refused(said: str, run: jn.Run) -> bool:
    with pytest.raises(BadInput) as error:
        jn.train(run.study, cell=1)
    with pytest.raises(BadInput) as of_program:
        run.program()
    return said in str(error.value) and said in str(of_program.value)


@pytest.mark.parametrize("content", [None, OTHER, "x,z\n0,1\n"], ids=["gone", "changed", "no column"])
def test_where_it_cannot_be_trained_again_the_terminal_says_so(project, run_line, refused, content):
    file = project / "data/data.csv"
    file.unlink() if content is None else file.write_text(content)
    said = {None: "there is no such file", OTHER: "has changed since"}.get(content, "has no column 'y'")
    assert is_refused(said, opened(project))
    assert said in refused(f"plot {project}/runs/run.zarr figure.png --show surface")
    if content is None:
        code, out, err = run_line(f"report {project}/runs/run.zarr --json")
        assert (code, err.count("\n")) == (0, 1)
        assert said in err
        assert '"lives": 0' in out
