"""The report: arrays keep their numbers on the way into the page, which is written whole or not at all."""

import json
import re
import resource
import shutil
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from jaxneuron.analysis.intervals import wilson
from jaxneuron.analysis.maps import quantity_map
from jaxneuron.cli import commands
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.bad_input import BadInput
from jaxneuron.view.web import map_data, page
from jaxneuron.view.web.encode import TYPES, encode, encode_counts, encode_decades
from jaxneuron.view.web.report import life_report, report
from tests.packed import unpacked
from tests.studies import REPLICATES

SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(st.sampled_from(TYPES).flatmap(lambda name: arrays.arrays(name, SHAPES)))
def test_arrays_keep_their_bytes(values):
    assert unpacked(encode(values)).tobytes() == values.tobytes()


def test_a_type_that_javascript_lacks_is_refused():
    with pytest.raises(ValueError, match="int64 has no array"):
        encode(np.arange(3))


@given(arrays.arrays(np.int64, SHAPES, elements=st.integers(0, 2**53)))
def test_counts_are_exact(counts):
    np.testing.assert_array_equal(unpacked(encode_counts(counts)).astype(np.int64), counts)


@given(arrays.arrays(float, (7,), elements=st.floats(0, 1e300) | st.sampled_from([np.inf, np.nan, 0.0])))
def test_decades_are_as_close_as_they_say(values):
    packed = encode_decades(values)
    codes = unpacked(packed).astype(float)
    found = np.exp(packed["low"] + (codes - 2) * packed["step"])
    found = np.select([codes == 0, codes == 1, codes == 65535], [np.nan, 0.0, np.inf], found)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(values))
    np.testing.assert_array_equal(found == 0, values == 0)
    np.testing.assert_array_equal(np.isinf(found), np.isinf(values))
    some = np.isfinite(values) & (values > 0)
    np.testing.assert_allclose(found[some], values[some], rtol=1.01 * packed["error"] + 1e-12)
    assert packed["error"] < 0.0111


@given(st.text())
def test_no_text_ends_the_script_that_holds_it(text):
    script = page.as_script({"name": text + "</script><!--"})
    assert "<" not in script
    assert json.loads(script) == {"name": text + "</script><!--"}


@pytest.fixture
def run(run_of):
    return run_of("three axes")


def test_the_page_holds_each_pair_of_axes_and_all_cells(run):
    data = map_data.map_data(run)
    names = ["learning_rate", "momentum", "init_bias"]
    assert [axis["name"] for axis in data["axes"]] == names
    assert len(data["frames"]) == 1 + 3 + 3
    for frame in [*data["frames"], data["cells"]]:
        counts = unpacked(frame["counts"]).reshape(len(Fate), *frame["shape"])
        expected = run.cells.fate_count.sum([name for name in names if name not in frame["axes"]])
        np.testing.assert_array_equal(counts, expected.transpose("fate", *frame["axes"]))
        if len(frame["axes"]) < 3:
            for quantity in ("final_loss", "death_step", "half_life"):
                codes = unpacked(frame["found"][quantity]["value"])
                value = quantity_map(run, quantity, frame["axes"]).value
                np.testing.assert_array_equal(codes == 0, np.isnan(value))


@pytest.mark.parametrize("design", ["three axes", "points", "no axis"])
def test_the_page_holds_the_interval_of_every_share_and_the_edges_of_every_axis(run_of, design):
    data = map_data.map_data(run_of(design))
    packed = data["intervals"]
    count, total, low, high = (unpacked(packed[part]) for part in ("count", "total", "low", "high"))
    np.testing.assert_allclose([low, high], wilson(count, total), rtol=1e-6)
    known = set(zip(count.tolist(), total.tolist(), strict=True))
    for frame in [*data["frames"], *([data["cells"]] if data["cells"] else [])]:
        counts = unpacked(frame["counts"]).astype(int)
        dead = counts[Fate.born_dead] + counts[Fate.died]
        pairs = np.broadcast_arrays(np.vstack([counts, dead]), counts.sum(0))
        assert {(c, t) for c, t in np.stack(pairs, -1).reshape(-1, 2).tolist() if t} <= known
        if frame["isGrid"]:
            for values, edges in zip(frame["values"], map(unpacked, frame["edges"]), strict=True):
                assert (edges[:-1] < unpacked(values)).all()
                assert (edges[1:] > unpacked(values)).all()


def test_a_long_grid_is_pooled_until_it_fits(run, monkeypatch):
    monkeypatch.setattr(map_data, "MOST_CELLS", 89)
    monkeypatch.setattr(map_data, "MOST_PAIRED", 15)
    monkeypatch.setattr(map_data, "MOST_VALUES", 4)
    data = map_data.map_data(run)
    assert data["cells"] is None
    assert "90 cells are too many" in data["remark"]
    pairs = [frame for frame in data["frames"] if len(frame["axes"]) == 2]
    assert sum(np.prod(frame["shape"]) for frame in pairs) <= 15
    for frame in data["frames"]:
        assert unpacked(frame["counts"]).sum() == 90 * REPLICATES


def test_what_was_there_stays_when_writing_fails(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(BadInput, match=r"page\.html: cannot be written \(File too large\)"):
            page.write("after" * 10_000, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_page_is_one_file_that_names_no_other(run_of, tmp_path):
    path = tmp_path / "report.html"
    report(run_of("grid"), path)
    text = path.read_text()
    without_plotly = re.sub(r"<script>.*?</script>", "", text, count=1, flags=re.DOTALL)
    assert not re.search(r"(src|href)=[\"'](?!#)", without_plotly)
    assert "@import" not in text[: text.index("</style>")]
    assert path.stat().st_size < 7e6


def test_one_neuron_has_a_page(life_of, tmp_path):
    path = tmp_path / "life.html"
    life_report(life_of("plain"), path)
    assert "The life of one neuron on x → y" in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "nowhere.zarr"], "nowhere.zarr"),
        (["report", "run.zarr", "--out", "page.pdf"], "must end in .html"),
        (["report", "run.zarr", "--out", "folder.html"], "is a folder"),
        (["report", "run.zarr", "--out", "file/page.html"], "cannot be made"),
        (["train", "d.csv", "--input", "x", "--target", "y", "--report", "life.txt"], "must end in .html"),
    ],
)
def test_bad_places_are_said_in_one_line(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=re.escape(said)):
        commands.main(arguments, standalone_mode=False)
    assert not (tmp_path / "runs").exists()


def test_what_is_to_be_installed_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)  # as good as not installed
    with pytest.raises(BadInput, match=r"needs plotly: pip install 'jaxneuron\[report\]'"):
        page.check_page(tmp_path / "page.html")


def test_the_command_writes_the_page_beside_the_run(run_of, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(run_of("grid").location.name, "runs/some.zarr")
    commands.main(["report", "runs/some.zarr", "--json"], standalone_mode=False)
    said = json.loads(capsys.readouterr().out)
    assert said["report"] == "runs/some.html"
    assert said["bytes"] == (tmp_path / "runs/some.html").stat().st_size
    assert said["lives"] >= 2
