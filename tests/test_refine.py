"""Refining a run: the bits of its cells, resuming, what reads it, and what is refused."""

import logging

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.along import along_of, counts_along
from jaxneuron.analysis.maps import quantity_map
from tests.studies import DATA

GRID = {"learning_rate": jn.Log(0.05, 30.0, 4), "init_bias": jn.Linear(-2.0, 2.0, 3)}
ONE = {"init_bias": jn.Linear(-2.0, 2.0, 5), "learning_rate": 3.0}


def study_of(axes, precision="float32", **sweep):
    return jn.Study(
        data=DATA,
        training={"num_steps": 40, "precision": precision},
        sweep={"replicates": 2, "records": "neurons", "chunk_size": 16, **axes, **sweep},
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("refined") / "run.zarr"
    return jn.sweep(study_of(GRID, refine={"depth": 2}), path)


@pytest.mark.parametrize(
    ("axes", "precision"),
    [(GRID, "float32"), pytest.param(ONE, "float64", marks=pytest.mark.thorough)],
)
def test_a_cell_has_the_bits_that_it_has_in_the_full_grid_of_its_level(axes, precision, tmp_path):
    run = jn.refine(jn.sweep(study_of(axes, precision), tmp_path / "run.zarr"), depth=2)
    assert set(run.cells.level.values) == {0, 1, 2}
    swept = [name for name, axis in axes.items() if not isinstance(axis, float)]
    for level in (1, 2):
        finer = {
            n: type(axes[n])(axes[n].start, axes[n].stop, (axes[n].num - 1) * 2**level + 1) for n in swept
        }
        full = jn.sweep(study_of(axes | finer, precision), tmp_path / f"{level}.zarr")
        some = np.flatnonzero(run.cells.level == level)
        numbers = run.cells.number.values[some]
        for here, there in ((run.cells, full.cells), (run.neurons, full.neurons)):
            assert here.data_vars.keys() == there.data_vars.keys()
            for name in here.data_vars:
                wanted = there[name].values.reshape(-1, *here[name].shape[1:])[numbers]
                np.testing.assert_array_equal(here[name].values[some], wanted, name)
    if precision == "float32":
        weight = jn.train(run, cell=int(some[-1]), replicate=1).weight
        np.testing.assert_array_equal(weight, run.neurons.final_weight.values[some[-1], 1])


def test_what_was_stopped_or_damaged_is_resumed_to_the_same_cells(run, tmp_path, caplog):
    path, study = tmp_path / "run.zarr", study_of(GRID)
    jn.sweep(study, path)

    def stop(done, total):
        if (path / "rounds/1").exists() and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jn.refine(path, depth=2, progress=stop)
    with pytest.raises(jn.BadInput, match="round 1 of its refinement is unfinished; `jaxneuron refine"):
        jn.open_run(path)
    assert set(jn.open_run(path, partial=True).cells.level.values) == {0, 1}
    assert not jn.open_run(path, partial=True).status().is_whole
    (path / "rounds/0/cells/fate_count/c/0/0").write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        found = jn.refine(path, depth=2)
    assert "rounds/0: 1 chunk is damaged" in caplog.text
    assert found.status(verify=True).is_whole
    xr_of = {name: (found.cells[name].values, run.cells[name].values) for name in run.cells.data_vars}
    for name, (here, there) in xr_of.items():
        np.testing.assert_array_equal(here, there, name)


def test_a_run_is_refined_further_and_by_other_quantities(run, tmp_path):
    there = jn.sweep(study_of(GRID), tmp_path / "run.zarr")
    deeper = jn.refine(jn.refine(there, depth=1), depth=2)
    cells = lambda one: {*zip(one.cells.level.values, one.cells.number.values, strict=True)}  # noqa: E731
    assert cells(deeper) == cells(run)
    by_loss = jn.refine(deeper, depth=2, quantity="final_loss", by=0.5)
    assert cells(by_loss) > cells(deeper)


def test_pooled_numbers_are_weighted_by_area(run):
    weights, counts = run.cells.weight.values, run.cells.fate_count.values
    assert run.pooled("fate_count").values / run.pooled("fate_count").values.sum() == pytest.approx(
        weights @ counts / 2
    )
    number = 2 * weights.sum() ** 2 / (weights**2).sum()  # Kish 1965
    assert run.pooled("fate_count").values.sum() == pytest.approx(number)
    found = run.deaths()
    assert found.overall.dead.share == pytest.approx((weights @ counts)[1:3].sum() / 2)
    along = along_of(run, "init_bias")
    (of_bins,) = counts_along(run, "fate_count", [along])
    for number, of_bin in enumerate(of_bins):
        some = along.groups[0] == number
        assert of_bin / of_bin.sum() == pytest.approx(weights[some] @ counts[some] / weights[some].sum() / 2)
    assert "weigh by their area" in repr(found)


def test_maps_tables_and_pages_are_made_of_it(run, tmp_path):
    fates = run.cells.fate_count.values.argmax(-1)
    found = quantity_map(run, "fate")
    assert found.value.shape == (13, 9)
    np.testing.assert_array_equal(found.value, fates[run.refinement.painted])
    np.testing.assert_array_equal(
        quantity_map(run, "fate", ["init_bias", "learning_rate"]).value, found.value.T
    )
    for name in ("dead", "final_loss", "half_life"):
        run.plot.map(name)
        run.plot.curves(name)
    run.plot(), run.plot.deaths(), run.plot.importance()
    assert "before it was refined" in run.plot.importance().get_suptitle()
    run.report(tmp_path / "run.html")
    assert run.export(tmp_path / "cells.csv") == len(fates)
    assert len(run.best(None)) == len(fates)
    assert run.grid.dims == ("learning_rate", "init_bias")
    assert "weigh by their area" in run._repr_html_()


def test_the_command_says_what_it_adds(run, found, refused, tmp_path):
    path = tmp_path / "run.zarr"
    jn.sweep(study_of(GRID), path)
    assert found(f"refine {path} --depth 2")["num_cells"] == run.design.num_cells
    assert len(found(f"status {path}")["rounds"]) >= 2
    assert "--depth: is 0; it must be at least 1" in refused(f"refine {path} --depth 0")
    assert "--by: is missing" in refused(f"refine {path} --quantity dead")
    assert "it must be at most" in refused(f"refine {path} --depth 24")
    assert "most_cells is 9" in refused(f"refine {path} --depth 3 --most-cells 9")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"refine": {"depth": -1}}, "refine.depth: is -1; it must be at least 1"),
        ({"refine": {"depth": "x"}}, "refine.depth: is 'x'; it must be a whole number"),
        ({"refine": {"depth": 20}}, "refine.depth: is 20; it must be at most 14, as the next grid has"),
        ({"refine": {"quantity": "fat"}}, "refine.quantity: is 'fat'; it must be 'fate'"),
        ({"refine": {"quantity": "dead"}}, "refine.by: is missing"),
        ({"refine": {"quantity": "dead", "by": -1.0}}, "refine.by: is -1.0; it must be at least 0"),
        ({"learning_rate": [0.1, 1.0]}, "needs axes that are linear or log, and learning_rate lists"),
        ({"learning_rate": jn.Log(1.0, 1.0, 1)}, "needs at least 2 values of learning_rate"),
        ({"weight_decay": jn.Linear(0.0, 0.1, 2)}, "one or two axes, and 3 are swept"),
        ({"learning_rate": jn.Log(1.0, 1.001, 5)}, "next grid has neighbours that float32 hardly tells"),
    ],
)
def test_a_study_that_cannot_be_refined_is_refused(changed, words):
    with pytest.raises(jn.BadInput, match=f"^sweep.*{words}"):
        study_of(GRID, **{"refine": {"depth": 8}} | changed)
