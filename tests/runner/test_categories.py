"""Categories: data sets, activations, optimizers and batch sizes, each what it would be alone."""

import itertools
import re

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.deaths import as_values, deaths
from jaxneuron.study.data import load
from jaxneuron.view.web.report import report
from tests.runner.test_datasets import bytes_of

X = np.linspace(-1.5, 2.0, 12)
LISTS = {"activation": ["relu", "tanh"], "optimizer": ["sgd", "adam"]}


def study_of(activation="relu", optimizer="sgd", data=None, **training):
    return jn.Study(
        data=data or {"x": X, "y": np.maximum(0.8 * X - 0.2, 0)},
        neuron={"activation": activation, "init_weight": 0.7},
        training={"num_steps": 40, "optimizer": optimizer, **training},
        sweep={"learning_rate": [0.05, 2.0], "init_bias": [-2.0, 0.5], "records": "neurons", "chunk_size": 3},
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return jn.sweep(study_of(**LISTS), tmp_path_factory.mktemp("categories") / "run.zarr")


def test_each_combination_is_a_study_of_its_own(run, tmp_path):
    assert run.dims == ("activation", "optimizer", "learning_rate", "init_bias")
    for names in itertools.product(*LISTS.values()):
        of = dict(zip(LISTS, names, strict=True))
        one = jn.sweep(study_of(**of), tmp_path / f"{'-'.join(names)}.zarr")
        assert bytes_of(run.neurons.sel(of)) == bytes_of(one.neurons)
        for name in ("fate_count", "death_step_count"):
            np.testing.assert_array_equal(run.cells[name].sel(of), one.cells[name])
    assert len({values.tobytes() for values in run.neurons.final_weight.values.reshape(4, -1)}) == 4


def test_a_neuron_is_followed_with_what_its_cell_has(run):
    for cell in (6, 9):  # relu with adam, and tanh with sgd
        training = jn.train(run.study, cell=cell)
        at = dict(zip(run.dims, np.unravel_index(cell, run.neurons.fate.shape[:-1]), strict=True))
        assert training.study.neuron.activation == LISTS["activation"][at["activation"]]
        assert training.study.training.optimizer == LISTS["optimizer"][at["optimizer"]]
        recorded = run.neurons.isel(at | {"replicate": 0})
        assert training.fate == recorded.fate
        np.testing.assert_allclose(training.weight, recorded.final_weight, rtol=1e-5)


@pytest.mark.thorough
def test_batch_sizes(tmp_path):
    run = jn.sweep(study_of(batch_size=[2, 6]), tmp_path / "run.zarr")
    assert run.dims[0] == "batch_size"
    np.testing.assert_array_equal(run.cells.batch_size, [2, 6])
    weight = run.neurons.final_weight
    assert not np.array_equal(weight.sel(batch_size=2), weight.sel(batch_size=6))


@pytest.mark.thorough
def test_tables_figures_and_the_report_name_them(run, tmp_path, succeed):
    found = deaths(run, "activation")
    assert found.axis.names == ("relu", "tanh")
    assert found.dead.number[1] == 0 < found.dead.number[0]
    assert as_values(found)["values"] == ["relu", "tanh"]
    [contrast] = [contrast for contrast in found.contrasts if contrast.name == "activation"]
    assert (contrast.fewest_at, contrast.most_at) == ("tanh", "relu")
    assert {*run.best(None).activation} == {"relu", "tanh"}
    assert "tanh" in succeed(f"deaths {run.path} --along activation")
    for line in ("--show panels --by activation", "--show curves --over activation", "--show importance"):
        succeed(f"plot {run.path} {tmp_path / 'figure.png'} {line}")
    succeed(f"plot {run.path} {tmp_path / 'figure.png'} --at activation=tanh --at optimizer=adam")
    report(run, tmp_path / "report.html")
    assert '"names":["relu","tanh"]' in (tmp_path / "report.html").read_text().replace(" ", "")


def test_an_unknown_one_is_refused(run, refused, tmp_path):
    line = f"plot {run.path} {tmp_path / 'figure.png'} --at activation=tan"
    assert re.search("has no activation 'tan'; did you mean '?tanh", refused(line))


def test_data_sets_of_any_length_have_their_files_names(tmp_path, succeed):
    sizes = {"a/short.csv": 5, "a/long.csv": 23, "b/short.csv": 9}
    for name, size in sizes.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        x = np.random.default_rng(size).normal(size=size)
        rows = "\n".join(f"{a},{max(a, 0) + 1}" for a in x)
        (tmp_path / name).write_text(f"x,y\n{rows}\n")
    table = {"inputs": ["x"], "target": "y", "file": [str(tmp_path / name) for name in sizes]}
    run = jn.sweep(study_of(data=table), tmp_path / "run.zarr")
    np.testing.assert_array_equal(run.cells.dataset, list(sizes))
    assert run.attrs["data"]["num_examples"] == list(sizes.values())
    # The shortest, to which the most is added, and the longest.
    for name, dataset in list(zip(sizes, load(run.study.data), strict=True))[:2]:
        data = {"x": dataset.x, "y": dataset.y}
        one = jn.sweep(study_of(data=data), tmp_path / f"{dataset.y.size}.zarr")
        assert bytes_of(run.neurons.sel(dataset=name)) == bytes_of(one.neurons)
    assert "a/long.csv" in succeed(f"deaths {run.path} --along dataset")
    assert "b/short.csv" in succeed(f"best {run.path} --number 99")
