"""Several data sets in one study: what each of them would be alone, from one compiled program."""

from pathlib import Path

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.best import best_cells
from jaxneuron.analysis.phase import phase_diagram
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.population.chunks import cut_into_chunks
from jaxneuron.population.histograms import make_bins
from jaxneuron.runner.inputs import examples_of, shared_probes
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.store.location import Location
from jaxneuron.store.room import Sizes
from jaxneuron.store.skeleton import open_skeleton
from jaxneuron.store.store import Store
from jaxneuron.study.data import load, sha256_of, teach
from jaxneuron.study.files import Table
from jaxneuron.study.sources import Arrays, Teacher
from jaxneuron.study.study import read_study
from jaxneuron.view.plots.canvas import save
from jaxneuron.view.plots.phase import draw_phase_diagram
from tests.runner.engines.trained import record_in

TEACHER = {"weight": [1.5], "bias": 0.3, "noise": 0.2, "num_examples": 24, "seed": 3}
STARTS = {
    "learning_rate": jn.Log(0.01, 4.0, 3),
    "init_bias": [-2, 0, 1],
    "records": "neurons",
    "chunk_size": 7,
}
NUM_CELLS = 3 * 3 * 2  # of each data set


def study_of(teacher=None, training=None, data=None, **sweep):
    return jn.Study(
        data=data or {"teacher": TEACHER | {"num_datasets": 3} | (teacher or {})},
        neuron={"init_weight": [-0.5, 0.7]},
        training={"num_steps": 60, "tolerance": 0.0} | (training or {}),
        sweep=STARTS | sweep,
    )


def alone(dataset, **rest):
    """The study of one of the data sets."""
    x, y = dataset.x[:, 0] if dataset.x.shape[1] == 1 else dataset.x, dataset.y
    return study_of(data={"x": x, "y": y}, **rest)


def bytes_of(dataset):
    return {name: values.values.tobytes() for name, values in dataset.data_vars.items()}


def test_one_program_serves_all(tmp_path, compilations):
    # Crowded inputs in one of the data sets need more probes of its half-lines than the others.
    files, rng = [tmp_path / f"{i}.csv" for i in range(3)], np.random.default_rng(0)
    for i, file in enumerate(files):
        x = rng.normal(size=200) if i != 1 else np.repeat([0.1, 5.0], 100) + 1e-6 * rng.normal(size=200)
        rows = "\n".join(f"{a},{max(a, 0) + 1 + 0.1 * i}" for a in x)
        file.write_text(f"x,y\n{rows}\n")
    data = {"file": [str(file) for file in files], "inputs": ["x"], "target": "y", "scale": "none"}
    study = study_of(data=data)
    run = jn.sweep(study, tmp_path / "run.zarr")
    assert compilations.count("jit(_train)") == 1
    config = Config(gradient="moments")
    probes = [examples_of(data, "float32", config).half_lines.probes.size for data in load(study.data)]
    assert len(set(probes)) > 1
    assert shared_probes(load(study.data), "float32", config) == max(probes)
    one = jn.sweep(alone(load(study.data)[1]), tmp_path / "one.zarr")
    assert bytes_of(run.neurons.isel(dataset=1)) == bytes_of(one.neurons)


@pytest.mark.parametrize(
    ("precision", "gradient", "weight"),
    [
        ("float32", "auto", {"unit_vector": 3}),
        pytest.param("float32", "moments", [1.5], marks=pytest.mark.thorough),
        pytest.param("float64", "autodiff", [1.5], marks=pytest.mark.thorough),
    ],
)
def test_each_is_a_study_of_its_own(tmp_path, precision, gradient, weight):
    rest = {"training": {"precision": precision, "gradient": gradient}}
    study = study_of({"weight": weight}, **rest)
    run = jn.sweep(study, tmp_path / "all.zarr")
    for i, dataset in enumerate(load(study.data)):
        one = jn.sweep(alone(dataset, **rest), tmp_path / f"{i}.zarr")
        assert bytes_of(run.neurons.isel(dataset=i)) == bytes_of(one.neurons)
        assert bytes_of(run.cells[["fate_count"]].isel(dataset=i)) == bytes_of(one.cells[["fate_count"]])
    losses = run.neurons.final_loss.values
    assert not np.array_equal(losses[0], losses[1])


def test_the_first_dim_is_the_data_set(tmp_path):
    run = jn.sweep(study_of(training={"tolerance": 1e-5}, replicates=2), tmp_path / "run.zarr")

    assert run.dims == ("dataset", "learning_rate", "init_bias", "init_weight")
    assert run.cells.fate_count.dims == (*run.dims, "fate")
    np.testing.assert_array_equal(run.cells.dataset, [0, 1, 2])
    assert set(run.cells.dataset.attrs) >= {"units", "long_name", "definition"}
    assert run.attrs["num_neurons"] == 3 * NUM_CELLS * 2
    assert list(run.best(2).columns[:2]) == ["cell", "dataset"]
    best = best_cells(run, 2)
    assert list(best.columns[:2]) == ["cell", "dataset"]
    # Each is ranked by itself: losses of different data are not compared.
    assert best.dataset.tolist() == [0, 0, 1, 1, 2, 2]
    lowest = run.final_loss().min(run.dims[1:])
    assert (best.final_loss[::2].values <= 1.01 * lowest).all()
    assert best.tied[::2].all()
    assert run.num_as_good() == sum(
        ((fates.sel(fate="converged") == 2) & (largest <= 1.01 * smallest.min())).sum()
        for fates, largest, smallest in zip(
            run.cells.fate_count, run.cells.final_loss_max, run.cells.final_loss_min, strict=True
        )
    )
    diagram = phase_diagram(run)
    assert [axis.name for axis in diagram.axes] == ["learning_rate", "init_bias"]
    assert diagram.remark == "pooled over data set, initial weight"
    save(draw_phase_diagram(diagram), tmp_path / "phase.png")


@pytest.mark.thorough
def test_a_study_without_a_sweep_has_the_one_dim(tmp_path):
    teacher = {"teacher": TEACHER | {"num_datasets": 3}}
    study = jn.Study(data=teacher, sweep={"learning_rate": 0.1, "replicates": 4})
    run = jn.sweep(study, tmp_path / "run.zarr")
    assert run.dims == ("dataset",)
    save(draw_phase_diagram(phase_diagram(run)), tmp_path / "phase.png")


def test_points_are_the_same_on_each(tmp_path):
    sweep = {"learning_rate": jn.LogUniform(0.01, 1), "replicates": 2, "points": {"sobol": 8}}
    study = jn.Study(data={"teacher": TEACHER | {"num_datasets": 3}}, sweep=sweep)
    run = jn.sweep(study, tmp_path / "run.zarr")
    assert run.dims == ("dataset", "point")
    assert run.cells.learning_rate.dims == ("point",)
    assert list(run.best(1).columns[:3]) == ["cell", "dataset", "learning_rate"]
    assert phase_diagram(run).loss.value.shape == (8,)


def test_chunks_are_made_again_in_their_order(tmp_path):
    study = study_of()
    run = jn.sweep(study, tmp_path / "run.zarr")
    cells, neurons = bytes_of(run.cells), bytes_of(run.neurons)
    store = Store(Location(tmp_path / "run.zarr"), "r+")
    store.forget([0, 7, store.chunking.num_chunks - 1])
    recorded = []
    again = jn.sweep(study, tmp_path / "run.zarr", progress=record_in(recorded))
    assert (bytes_of(again.cells), bytes_of(again.neurons)) == (cells, neurons)
    assert len(recorded) == 4


def test_a_neuron_is_followed_on_its_own_data_set(tmp_path):
    study = study_of()
    run = jn.sweep(study, tmp_path / "run.zarr")
    for cell in (0, NUM_CELLS - 1, NUM_CELLS, 3 * NUM_CELLS - 1):
        training = jn.train(study, cell=cell)
        among = run.neurons.stack(cell=run.dims).isel(cell=cell, replicate=0)
        assert int(among.dataset) == study.design.category(cell)["dataset"] == cell // NUM_CELLS
        assert training.weight == among.final_weight.values
        assert training.loss == float(among.final_loss)
        np.testing.assert_array_equal(training.data.y, load(study.data)[cell // NUM_CELLS].y)


def test_what_is_kept_of_the_data(tmp_path):
    files = [str(tmp_path / f"{i}.csv") for i in range(2)]
    for i, file in enumerate(files):
        Path(file).write_text("x,y\n" + "\n".join(f"{(i + 1) * j},{j * j + i}" for j in range(6)))
    data = {"file": files, "inputs": ["x"], "target": "y", "scale": "none"}
    kept = attrs_of(study_of(data=data), tmp_path / "run.zarr")["data"]
    datasets = load(Table(**data))
    assert kept["source"] == files
    assert kept["sha256"] == sha256_of(datasets) != datasets[0].sha256
    assert kept["num_datasets"] == 2
    assert kept["silent_loss"] == pytest.approx(0.5 * np.mean([np.mean(d.y**2) for d in datasets]))
    limits = [stability_limit(d.x) for d in datasets]
    assert kept["stability_limit"] == min(limits) < max(limits)
    data |= {"scale": "standard"}
    kept = attrs_of(study_of(data=data), tmp_path / "scaled.zarr")["data"]
    assert kept["x_offset"] == [[2.5], [5.0]]
    assert kept["y_scale"] == [dataset.scaling.y_scale for dataset in load(Table(**data))]


def attrs_of(study, path):
    """What a run of the study says of itself, of which nothing is trained."""
    assert prepare(Program(study), Location(path))
    return open_skeleton(Location(path)).attrs


def test_a_run_is_of_each_of_its_data_sets(tmp_path):
    files = [tmp_path / f"{i}.csv" for i in range(3)]
    for i, file in enumerate(files):
        file.write_text(f"x,y\n0,1\n1,{i}\n2,5\n3,6\n4,8\n5,9\n")
    data = {"file": [str(file) for file in files], "inputs": ["x"], "target": "y"}
    assert prepare(Program(study_of(data=data)), Location(tmp_path / "run.zarr"))
    for file in files:
        before = file.read_text()
        file.write_text(before.replace("2,5", "2,7"))
        with pytest.raises(jn.BadInput, match="has changed since"):
            jn.sweep(study_of(data=data), tmp_path / "run.zarr")
        file.write_text(before)


def test_further_data_sets_take_memory():
    chunking, bins = cut_into_chunks((3, 4), 2, 8, num_categories=1), make_bins(0.5, 10)
    rest = {"num_examples": 10_000, "num_inputs": 1, "precision": "float32", "has_neurons": False}
    one, two, nine = (Sizes(chunking, bins, **rest, num_datasets=n).needs().memory for n in (1, 2, 9))
    assert two - one >= 10_000 * 650
    assert nine - two == pytest.approx(7 * (two - one))


def test_one_data_set_is_what_it_was():
    one, other = (Teacher(**TEACHER, **more) for more in ({}, {"num_datasets": 1}))
    for a, b in zip(teach(one), teach(other), strict=True):
        np.testing.assert_array_equal(a, b)
    study = jn.Study(data={"teacher": TEACHER}, sweep={"learning_rate": 0.1})
    assert dict(study.design.shape) == {"point": 1}


def test_data_sets_are_drawn_each_from_its_own_seed():
    teacher = Teacher(**TEACHER | {"num_datasets": 4})
    xs = [teach(teacher, i)[0] for i in range(4)]
    assert len({x.tobytes() for x in xs}) == 4
    again = Teacher(**TEACHER | {"num_datasets": 9})
    np.testing.assert_array_equal(teach(again, 2)[0], xs[2])


def test_a_drawn_direction_has_norm_1_and_leaves_the_inputs_as_they_are():
    plain = Teacher(**TEACHER | {"weight": [0.0] * 5, "num_datasets": 4, "noise": 0.0})
    drawn = Teacher(**TEACHER | {"weight": {"unit_vector": 5}, "num_datasets": 4, "noise": 0.0, "bias": 90.0})
    directions = []
    for i in range(4):
        (x, _), (same_x, y) = teach(plain, i), teach(drawn, i)
        np.testing.assert_array_equal(x, same_x)
        directions.append(np.linalg.lstsq(x, y - 90.0)[0])  # so high that the ReLU is straight
        np.testing.assert_allclose(np.linalg.norm(directions[-1]), 1, rtol=1e-10)
    assert np.ptp(directions, axis=0).min() > 0.01


def test_the_files_of_a_study_file_are_found_from_its_folder(tmp_path):
    table = 'file = ["a.csv", "b.csv"]\ninputs = ["x"]\ntarget = "y"'
    (tmp_path / "study.toml").write_text(f"[data]\n{table}\n[sweep]\nlearning_rate = 0.1\n")
    data = read_study(tmp_path / "study.toml").data
    assert data.files == (str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))


def test_examples_come_in_the_precision(precision):
    examples = examples_of(load(Arrays(x=[[1, 2], [3, 4]], y=[0.1, 0.2]))[0], precision, Config())

    assert examples.x.dtype == examples.y.dtype == precision
    np.testing.assert_array_equal(examples.x, np.array([[1, 2], [3, 4]], precision))
    np.testing.assert_array_equal(examples.y, np.array([0.1, 0.2], precision))
