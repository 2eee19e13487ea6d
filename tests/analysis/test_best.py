"""The best cells: their order, their ties, their shares."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.analysis import parts
from jaxneuron.analysis.best import best_cells, best_params
from jaxneuron.analysis.in_words import loss_in_words
from jaxneuron.neuron.fate import Fate
from tests.studies import all_but_few_thorough

X = np.linspace(-1, 2, 20)
STORED = Path(__file__).parents[1] / "store/stored_runs/format-4.zip"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    study = jn.Study(
        data={"x": X, "y": np.maximum(0, 1.5 * X + 0.3)},
        training={"num_steps": 300},
        sweep={
            "learning_rate": jn.Log(0.003, 10.0, 8),
            "init_bias": jn.Linear(-3.0, 2.0, 6),
            "replicates": 9,
            "records": "neurons",
        },
    )
    return sweep(study, tmp_path_factory.mktemp("best") / "run.zarr")


def losses_of(run, cell):
    return run.neurons.final_loss.values.reshape(-1, 9)[cell]


@pytest.mark.parametrize(("by", "of"), [(0.5, np.median), ("mean", np.mean), (0.9, lambda v: np.sort(v)[7])])
def test_cells_come_in_the_order_of_their_losses(by, of, run):
    cells = best_cells(run, None, by=by)
    assert len(cells) == 48
    true = np.array([of(losses_of(run, cell).astype(float)) for cell in cells.cell])
    # Half a bin is 8 %; losses that rounding leaves are alike.
    np.testing.assert_allclose(cells.final_loss, true, rtol=0.08, atol=1e-14)
    assert (np.diff(np.log(np.maximum(cells.final_loss, 1e-14))) > -0.011).all()


@pytest.mark.parametrize("by", [0.5, 0.9, "mean"])
def test_those_tied_with_the_first_do_not_differ_from_it(by, run):
    cells = best_cells(run, None, by=by)
    least = np.finfo(np.float32).eps ** 2 * run.attrs["data"]["silent_loss"]
    losses = np.maximum(cells.final_loss, least)
    tied = np.flatnonzero(cells.tied)
    # They come first, in the order of their numbers where they are alike in all else.
    np.testing.assert_array_equal(tied, np.arange(len(tied)))
    assert (losses[tied] < 1.01 * losses[0]).all()
    assert (cells.converged[tied] == cells.converged[0]).all()
    alike = (losses == losses[0]) & (cells.converged == cells.converged[0])
    assert cells.tied[alike].all()
    assert (np.diff(cells.settle_step[tied]) >= 0).all()
    alike &= cells.settle_step == cells.settle_step[0]
    assert (np.diff(cells.cell[alike]) > 0).all()
    if by == 0.5:
        assert alike.sum() > 1  # or nothing was tied


def test_each_row_is_its_cells(run):
    for _, row in best_cells(run, 20).iterrows():
        fates = run.neurons.fate.values.reshape(-1, 9)[int(row.cell)]
        for fate in Fate:
            assert row[fate.name] == pytest.approx(np.mean(fates == fate))
            expected = binomtest(int(np.sum(fates == fate)), 9).proportion_ci(0.95, "wilson")
            assert (row[f"{fate.name}_low"], row[f"{fate.name}_high"]) == pytest.approx(
                tuple(expected), abs=1e-12
            )
        assert row.neurons == 9


def test_the_settling_step_is_the_median_of_those_that_converged(run):
    cells = run.best(None)
    steps = run.neurons.settle_step.where(run.neurons.fate == Fate.converged).values.reshape(-1, 9)[
        cells.cell
    ]
    for found, of_cell in zip(cells.settle_step, steps, strict=True):
        settled = np.sort(of_cell[np.isfinite(of_cell)])
        if len(settled) == 0:
            assert np.isnan(found)
        else:
            median = settled[(len(settled) - 1) // 2]
            assert found <= median <= max(1.1 * found, 8)


def test_all_that_are_as_good_are_counted_shown_or_not(run):
    assert best_cells(run, 1).attrs["num_tied"] == run.best(None).tied.sum() > 1


@pytest.fixture(scope="module", params=all_but_few_thorough([5, 27], [5]))
def cut(request, run, tmp_path_factory):
    """The same where cells are trained in several chunks, or several cells in one."""
    settings = run.study.sweep.model_copy(update={"chunk_size": request.param})
    found = sweep(
        run.study.model_copy(update={"sweep": settings}), tmp_path_factory.mktemp("cut") / "run.zarr"
    )
    assert found.attrs["tile"] != run.attrs["tile"]
    assert (found.attrs["block"] < 9) == (request.param < 9)
    return found


def best_of_the_records(run, cells):
    """The params [cells, (weight, bias)] of each cell's neuron of smallest loss; NaN where none is finite."""
    losses, weight, bias = (
        run.neurons[f"final_{name}"].values.reshape(run.design.num_cells, -1)[cells]
        for name in ("loss", "weight", "bias")
    )
    losses = np.where(np.isfinite(losses), losses, np.inf)
    params = np.stack([weight, bias], -1)[np.arange(len(cells)), losses.argmin(1)]
    return np.where(losses.min(1, keepdims=True) < np.inf, params, np.nan)


def test_params_are_those_of_the_best_neuron(run, cut):
    cells = range(run.design.num_cells)
    for each in (run, cut):
        params = best_params(each, cells)
        assert list(params) == ["weight", "bias"]
        np.testing.assert_array_equal(params, best_of_the_records(each, cells))


def test_params_that_an_earlier_version_did_not_keep_are_found_by_training_again(tmp_path):
    with zipfile.ZipFile(STORED) as file:
        file.extractall(tmp_path)
    old = jn.open_run(tmp_path / "run.zarr")
    assert "best_weight" not in old.cells
    cells = [3, 0, 5]
    # On another processor, or with another JAX, it rounds otherwise.
    np.testing.assert_allclose(best_params(old, cells), best_of_the_records(old, cells), rtol=1e-4)


def test_cells_that_lose_too_many_are_left_out(run):
    lost = run.fate_share.sel(fate=["born_dead", "died", "diverged"]).sum("fate").values.ravel()
    for most in (0.0, 0.25, 1.0):
        cells = best_cells(run, None, most_lost=most)
        assert sorted(cells.cell) == list(np.flatnonzero(lost <= most + 1e-12))


def test_losses_are_the_same_whatever_parts_they_lie_in(run, cut, monkeypatch):
    monkeypatch.setattr(parts, "CELLS_AT_A_TIME", 2)
    for losses in (run.final_loss(), run.final_loss(0.9), run.mean_final_loss()):
        assert losses.dims == ("learning_rate", "init_bias")
        assert losses.attrs.keys() == {"units", "long_name", "definition"}
    np.testing.assert_array_equal(cut.final_loss(), run.final_loss())
    np.testing.assert_array_equal(cut.mean_final_loss(), run.mean_final_loss())
    # Of nine losses the fifth is the median; the histogram gives it to half a bin.
    median = np.sort(run.neurons.final_loss.values, -1)[..., 4]
    finite = np.isfinite(median) & (median > 1e-9)
    np.testing.assert_allclose(cut.final_loss().values[finite], median[finite], rtol=0.08)


def test_losses_in_words_are_as_exact_as_they_are_known(run):
    first_bin_end = run.cells.final_loss_bin.values[1]
    for loss, smallest, largest, words in [
        (0.012345678, 0.012345678, 0.01234568, "0.012346"),
        (0.012345678, 0.01, 0.02, "≈ 0.012"),
        (0.2 * first_bin_end, 0.0, 3.0, f"< {first_bin_end:.2g}"),
        (0.2 * first_bin_end, 0.0, 0.3 * first_bin_end, f"< {0.3 * first_bin_end:.2g}"),
        (0.2 * first_bin_end, 0.2 * first_bin_end, 0.2 * first_bin_end, f"{0.2 * first_bin_end:.5g}"),
        (0.0, 0.0, 0.0, "0"),
        (np.inf, 0.1, np.inf, "∞"),
    ]:
        assert loss_in_words(loss, smallest, largest, run) == words
    cells = best_cells(run, None)
    for _, row in cells[cells.final_loss_min < cells.final_loss_max].iterrows():
        words = loss_in_words(row.final_loss, row.final_loss_min, row.final_loss_max, run)
        if words.startswith("<"):
            assert np.median(losses_of(run, int(row.cell))) <= 1.05 * float(words[2:])
