"""A run that is not whole: what is seen of it is what the neurons that are done met, and no more."""

import json

import numpy as np
import pandas as pd
import pytest

import jaxneuron as jn
from jaxneuron.neuron.fate import Fate
from jaxneuron.store.location import Location
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from tests.store.runs import NUM_NEURONS, WHOLE_CELLS
from tests.values import values_of

FORGOTTEN = (0, 2)


@pytest.fixture
def part(whole, tmp_path):
    """(the path of a copy of a run of which two chunks are missing, which of its neurons are done)."""
    path = whole.copied_to(tmp_path / "run.zarr")
    store = Store(Location(path), "r+")
    store.forget(FORGOTTEN)
    is_done = np.ones(whole.run.neurons.fate.shape, bool)
    for number in FORGOTTEN:
        chunk = store.chunking[number]
        is_done[(*chunk.region, chunk.replicates)] = False
    return path, is_done


def test_cells_count_the_neurons_that_are_done(whole, part):
    path, is_done = part
    run, neurons = jn.open_run(path, partial=True), whole.run.neurons
    fates = (neurons.fate.values[..., None] == list(Fate)) & is_done[..., None]
    assert (run.cells.fate_count.values == fates.sum(-2)).all()
    assert (run.cells.final_loss_count.sum("final_loss_bin").values == is_done.sum(-1)).all()
    loss = neurons.final_loss.values
    finite = np.where(np.isfinite(loss), loss, np.inf)
    assert (run.cells.final_loss_min.values == np.where(is_done, finite, np.inf).min(-1)).all()
    assert (run.cells.final_loss_max.values == np.where(is_done, finite, -np.inf).max(-1)).all()
    assert run.neurons_done == is_done.sum() < NUM_NEURONS
    assert not run.is_whole
    seen = run.neurons.fate.values
    assert (seen[is_done] == neurons.fate.values[is_done]).all()
    assert (seen[~is_done] < 0).all()
    known = is_done.any(-1)
    assert (np.isnan(run.final_loss().values) == ~known).all()
    assert sorted(run.best(None).cell) == np.flatnonzero(known).tolist()
    with pytest.raises(BadInput, match=r"is unfinished, .*--partial"):
        jn.open_run(path)


def test_what_is_not_added_up_yet_is_added_up(whole, tmp_path):
    path = whole.copied_to(tmp_path / "run.zarr")
    for marker in (path / "work").glob("sum/c/*"):
        marker.unlink()
    run = jn.open_run(path, partial=True)
    assert run.is_whole
    assert values_of(run) == whole.values


@pytest.mark.parametrize("whole", [WHOLE_CELLS], indirect=True)
def test_commands_say_how_much_is_there(part, run_line, refused, tmp_path):
    path, is_done = part
    done = int(is_done.sum())
    line = f"{path}: so far, {done} of 40 neurons ({100 * done / 40:.1f} %)\n"
    for command in (
        "best {}",
        "plot {} f.png --show curves --quantity died --width 2.5",
        "export {} {}.csv",
        "export {} {}.n.csv --rows neurons",
    ):
        words = command.format(path, tmp_path / "table").replace("f.png", f"{tmp_path}/f.png")
        assert "--partial" in refused(words)
        code, out, err = run_line(f"{words} --partial --json")
        assert (code, err) == (0, line)
        assert json.loads(out)["neurons_done"] == done
        if command.startswith("plot"):
            assert f"So far, {done} of 40 neurons" in json.loads(out)["description"]
    cells, neurons = pd.read_csv(tmp_path / "table.csv"), pd.read_csv(tmp_path / "table.n.csv")
    assert cells.cell.tolist() == np.flatnonzero(is_done.any(-1)).tolist()
    assert cells[[fate.name for fate in Fate]].to_numpy().sum() == len(neurons) == done


def test_a_run_of_which_nothing_is_done_is_refused(part):
    path, _ = part
    store = Store(Location(path), "r+")
    store.forget(range(store.chunking.num_chunks))
    with pytest.raises(BadInput, match="nothing of it is done yet"):
        jn.open_run(path, partial=True)


def test_values_without_neurons_are_no_deaths(part):
    path, is_done = part
    run = jn.open_run(path, partial=True)
    deaths = run.deaths("learning_rate")
    by_rate = is_done.sum((1, 2))
    assert deaths.neurons.tolist() == by_rate[by_rate > 0].tolist()
    assert deaths.axis is not None
    assert len(deaths.axis.values) == len(deaths.neurons)
    assert all(np.isfinite(contrast.difference).all() for contrast in deaths.contrasts)
