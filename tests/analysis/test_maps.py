"""Maps: the numbers against the records of the neurons, laws of pooling, points, long axes, wrong names."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxneuron as jn
from jaxneuron.analysis import frames
from jaxneuron.analysis.frames import MOST_VALUES, frame_of, shown_by_default, swept_names
from jaxneuron.analysis.maps import fates_over, quantity_map
from jaxneuron.analysis.pooling import NOT_COUNTED, all_together, each_alone, only, pool
from jaxneuron.analysis.quantities import quantities_of
from jaxneuron.neuron.fate import Fate
from tests.studies import REPLICATES, SWEEPS

AXES = SWEEPS["three axes"]
NAMES = tuple(AXES)


@pytest.fixture(scope="module", params=[None, 7 * REPLICATES])
def run(request, run_of, tmp_path_factory):
    """A run of three axes, whose cells lie in one part or in many."""
    run = run_of("three axes")
    if request.param is None:
        return run
    sweep = run.study.sweep.model_copy(update={"chunk_size": request.param})
    study = run.study.model_copy(update={"sweep": sweep})
    return jn.sweep(study, tmp_path_factory.mktemp("maps") / "run.zarr")


@pytest.fixture
def points(run_of):
    return run_of("points")


def of_neurons(run, name, over, at):
    """Each map cell's neurons, [*over, neurons], straight from the records."""
    field = run.neurons[name].isel(at)
    rest = [dim for dim in field.dims if dim not in over]
    return field.stack(neuron=rest).transpose(*over, "neuron").values


SHOWN = [
    (("learning_rate", "init_bias"), {}),
    (("init_bias", "learning_rate"), {"momentum": 2}),
    (("momentum", "learning_rate"), {"init_bias": 0}),
    (("momentum",), {}),
    (("init_bias",), {"learning_rate": 5, "momentum": 1}),
    ((), {}),
    ((), {"learning_rate": 4}),
]


@pytest.mark.parametrize(("over", "index"), SHOWN)
def test_maps_are_those_of_the_neurons(run, over, index):
    at = {name: float(run.cells[name][i]) for name, i in index.items()}
    fate, loss, step = (of_neurons(run, n, over, index) for n in ("fate", "final_loss", "death_step"))
    found = {name: quantity_map(run, name, over, at=at) for name in quantities_of(run)}
    for name, wanted in [(f.name, [f]) for f in Fate] + [("dead", [Fate.born_dead, Fate.died])]:
        np.testing.assert_allclose(found[name].value, np.isin(fate, wanted).mean(-1))
    counts = np.stack([(fate == f).sum(-1) for f in Fate], axis=-1)
    np.testing.assert_array_equal(found["fate"].value, counts.argmax(-1))
    np.testing.assert_array_equal(found["fate"].neurons, fate.shape[-1])
    # A neuron's loss that is not finite counts as infinite; of an even number the median is the lower one.
    middle = np.sort(np.where(np.isfinite(loss), loss, np.inf), -1)[..., (loss.shape[-1] - 1) // 2]
    np.testing.assert_allclose(np.log(found["final_loss"].value), np.log(middle), atol=np.log(1.09))
    starts = np.append(run.cells.death_step_bin.values, np.inf)
    for place in np.ndindex(fate.shape[:-1]):
        died = np.sort(step[place][fate[place] == Fate.died])
        want = np.nan if not len(died) else died[(len(died) - 1) // 2]
        got = found["death_step"].value[place]
        np.testing.assert_equal(
            got, starts[np.searchsorted(starts, want, "right") - 1] if len(died) else want
        )


@pytest.mark.parametrize("sign", [1, -1])
def test_the_lowest_and_the_highest_are_those_of_the_cells(run, sign):
    over = ("init_bias", "momentum")
    share = run.fate_share.sel(fate="died").transpose(*over, "learning_rate").values
    others = "lowest" if sign == 1 else "highest"
    found = quantity_map(run, "died", over, others=others)
    np.testing.assert_allclose(found.value, (share.min if sign == 1 else share.max)(-1))
    assert (found.neurons == REPLICATES).all()
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    assert found.remark == f"{others} over learning rate"
    held = quantity_map(run, "died", ["momentum"], at={"init_bias": 0.1}, others=others)
    np.testing.assert_allclose(held.value, found.value[2])
    assert held.remark == f"at initial bias = 0, {others} over learning rate"


def test_lowest_pooled_highest_are_in_order_for_shares(run):
    for name in ("died", "dead", "converged"):
        low, pooled, high = (
            quantity_map(run, name, ["learning_rate"], others=o).value
            for o in ("lowest", "pooled", "highest")
        )
        assert (low <= pooled + 1e-12).all()
        assert (pooled <= high + 1e-12).all()


def test_unknown_values_are_passed_over_when_reduced(run):
    steps = quantity_map(run, "death_step", ["init_bias", "learning_rate"], at={"momentum": 0.9})
    assert np.isnan(steps.value).any()
    lowest = quantity_map(run, "death_step", ["init_bias"], at={"momentum": 0.9}, others="lowest")
    known = ~np.isnan(steps.value).all(1)
    np.testing.assert_array_equal(lowest.value[known], np.nanmin(steps.value[known], 1))
    assert np.isnan(lowest.value[~known]).all()


def test_both_orders_of_axes_are_one_map(run):
    one, other = (quantity_map(run, "final_loss", over) for over in (NAMES[:2], NAMES[1::-1]))
    np.testing.assert_array_equal(one.value, other.value.T)
    np.testing.assert_array_equal(one.low, other.low.T)


def test_the_default_is_the_first_two_that_are_not_held(run):
    assert shown_by_default(run) == ("learning_rate", "momentum")
    found = quantity_map(run, "died", at={"momentum": 0.5})
    assert [axis.name for axis in found.axes] == ["learning_rate", "init_bias"]


@pytest.mark.parametrize(
    ("over", "at", "message"),
    [
        (["learning_rat"], {}, "'learning_rat' is not swept; did you mean 'learning_rate'?"),
        (NAMES, {}, "at most two axes"),
        (["momentum", "momentum"], {}, "must all differ"),
        (["momentum"], {"momentum": 0.1}, "must all differ"),
        (["momentum"], {"replicate": 1}, "'replicate' is not swept"),
        (["dataset"], {}, "'dataset' is not swept"),
    ],
)
def test_names_that_are_not_axes(run, over, at, message):
    with pytest.raises(jn.BadInput, match=message):
        quantity_map(run, "died", over, at=at)
    with pytest.raises(jn.BadInput, match="quantity: 'lost' is not among those"):
        quantity_map(run, "lost")


@pytest.mark.parametrize("value", [-1e9, 0.0, 0.06, 0.9, 19.0, 1e30])
def test_the_nearest_value_is_taken_on_the_axis_s_own_scale(run, value):
    rates = run.cells.learning_rate.values
    frame = frame_of(run, ["momentum"], {"learning_rate": value})
    nearest = abs(np.log(rates) - np.log(value)).argmin() if value > 0 else 0
    assert np.flatnonzero(frame.groups[run.dims.index("learning_rate")] == 0).tolist() == [nearest]


def test_points_are_shown_where_they_lie(points):
    found = quantity_map(points, "died")
    assert not found.is_grid
    np.testing.assert_array_equal(found.axes[0].values, points.cells.learning_rate)
    np.testing.assert_array_equal(found.value, points.fate_share.sel(fate="died"))
    curve = quantity_map(points, "died", ["init_bias"])
    assert curve.remark == "64 points in 8 bins, points differ too in learning rate"
    bias, died = points.cells.init_bias.values, points.cells.fate_count.sel(fate="died").values
    counted, edges = np.histogram(bias, 8), np.linspace(bias.min(), bias.max(), 9)
    np.testing.assert_array_equal(curve.neurons, REPLICATES * counted[0])
    share = np.histogram(bias, edges, weights=died)[0] / curve.neurons
    np.testing.assert_allclose(curve.value, share)
    everything = quantity_map(points, "died", ())
    assert everything.value == pytest.approx(float(points.fate_share.sel(fate="died").mean()))
    assert quantity_map(points, "died", ["init_bias"], others="lowest").value.shape == (8,)
    with pytest.raises(jn.BadInput, match="cannot be held"):
        quantity_map(points, "died", ["init_bias"], at={"learning_rate": 1.0})


def test_many_points_are_pooled_into_squares(points, monkeypatch):
    monkeypatch.setattr(frames, "MOST_POINTS", 10)
    monkeypatch.setattr(frames, "POINT_SQUARES", 4)
    found = quantity_map(points, "died")
    assert found.is_grid
    assert found.remark == "64 points in squares"
    edges = [axis.edges for axis in found.axes]
    died = points.cells.fate_count.sel(fate="died").values
    rate, bias = points.cells.learning_rate.values, points.cells.init_bias.values
    for i, j in np.ndindex(4, 4):
        inside = (rate >= edges[0][i] * (1 - 1e-9)) & (bias >= edges[1][j] - 1e-9)
        inside &= (rate < edges[0][i + 1] * (1 + (i == 3))) & (bias < edges[1][j + 1] + (j == 3))
        assert found.neurons[i, j] == REPLICATES * inside.sum()
        want = died[inside].sum() / found.neurons[i, j] if inside.any() else np.nan
        np.testing.assert_allclose(found.value[i, j], want)


def test_long_axes_are_pooled_into_squares(run):
    frame = frame_of(run, ["learning_rate", "momentum"], {}, most=4)
    assert frame.shape == (2, 3)
    (counts,) = fates_over(run, [frame])
    assert counts.sum() == run.attrs["num_neurons"]
    want = run.cells.fate_count.transpose("learning_rate", "momentum", "init_bias", "fate").values
    np.testing.assert_array_equal(counts, want.reshape(2, 3, 3, 5, 5).sum((1, 3)))
    rates = np.log(run.cells.learning_rate.values).reshape(2, 3).mean(1)
    np.testing.assert_allclose(np.log(frame.axes[0].values), rates)
    assert "6 values of learning rate in 2 squares" in frame.remark
    assert MOST_VALUES >= 512


def test_data_sets_are_pooled_or_held(run_of):
    run = run_of("data sets")
    assert swept_names(run) == ("learning_rate",)
    by_fate = run.cells.fate_count.values
    np.testing.assert_allclose(quantity_map(run, "died").value, by_fate[:, :, 2].mean(0) / REPLICATES)
    held = quantity_map(run, "died", at={"dataset": 2})
    np.testing.assert_allclose(held.value, by_fate[2, :, 2] / REPLICATES)
    assert held.remark == "at data set = 2"
    for wrong in (3, -1, 0.5):
        with pytest.raises(jn.BadInput, match="has no data set '"):
            quantity_map(run, "died", at={"dataset": wrong})


@st.composite
def fields(draw):
    """(a variable of cells, tiles of it, groups along each dim, their numbers)."""
    shape = draw(st.tuples(*[st.integers(1, 5)] * 2))
    number = 3 * shape[0] * shape[1]
    values = np.array(draw(st.lists(st.integers(0, 99), min_size=number, max_size=number)))
    name = draw(st.sampled_from(["fate_count", "final_loss_min", "final_loss_max"]))
    field = xr.DataArray(values.reshape(*shape, 3).astype(float if "loss" in name else int), name=name)
    sizes = [draw(st.integers(1, 4)) for _ in shape]
    groups = [
        np.array(draw(st.lists(st.integers(NOT_COUNTED, number - 1), min_size=size, max_size=size)))
        for size, number in zip(shape, sizes, strict=True)
    ]
    cut = [draw(st.integers(1, size)) for size in shape]
    starts = [range(0, size, step) for size, step in zip(shape, cut, strict=True)]
    tiles = [
        tuple(slice(i, min(i + step, size)) for i, step, size in zip(corner, cut, shape, strict=True))
        for corner in [(i, j) for i in starts[0] for j in starts[1]]
    ]
    return field, tiles, groups, sizes


@settings(max_examples=150, deadline=None)
@given(fields())
def test_pooling_is_what_a_loop_over_cells_finds(case):
    field, tiles, groups, sizes = case
    combine = {"final_loss_min": min, "final_loss_max": max}.get(field.name)
    start = {"final_loss_min": np.inf, "final_loss_max": -np.inf}.get(field.name, 0)
    want = np.full((*sizes, 3), start, field.dtype)
    for (i, j), cell in zip(np.ndindex(field.shape[:2]), field.values.reshape(-1, 3), strict=True):
        place = groups[0][i], groups[1][j]
        if NOT_COUNTED not in place:
            want[place] = (
                [combine(a, b) for a, b in zip(want[place], cell, strict=True)]
                if combine
                else want[place] + cell
            )
    np.testing.assert_array_equal(pool(field, tiles, [(groups, sizes)])[0], want)
    # The order of tiles does not matter, nor what is pooled beside it, nor along which dim first.
    other = [all_together(size) for size in field.shape[:2]]
    both = pool(field, tiles[::-1], [(groups, sizes), (other, [1, 1])])
    np.testing.assert_array_equal(both[0], want)
    (rows,) = pool(field, tiles, [([groups[0], each_alone(field.shape[1])], [sizes[0], field.shape[1]])])
    again = xr.DataArray(rows, name=field.name)
    whole = [tuple(slice(0, size) for size in rows.shape[:2])]
    np.testing.assert_array_equal(pool(again, whole, [([each_alone(sizes[0]), groups[1]], sizes)])[0], want)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_what_is_held_at_every_value_adds_up_to_what_is_pooled(data):
    sizes = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    field = xr.DataArray(np.arange(np.prod(sizes) * 2).reshape(*sizes, 2), name="fate_count")
    tiles = [tuple(slice(0, size) for size in sizes)]
    rows = [each_alone(sizes[0]), all_together(sizes[1])]
    others = [*(only(i, sizes[1]) for i in range(sizes[1])), rows[1]]
    *held, pooled = pool(field, tiles, [([rows[0], other], [sizes[0], 1]) for other in others])
    np.testing.assert_array_equal(sum(held), pooled)
