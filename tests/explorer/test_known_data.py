"""Data that a page gives: what the project reads as a file, it reads from the page, and it writes nothing."""

import gzip
import io
import json
import tempfile

import numpy as np
import pytest

from jaxneuron.explorer.known_data import ENGEL, KnownData, Upload
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import load
from jaxneuron.study.sources import Synthetic
from jaxneuron.study.study import Study
from tests import engel
from tests.explorer.pictures import messages, view

CSV = b"x,y,name\n1,2,a\n2,3,b\n4,4,c\n"


def as_npz():
    content = io.BytesIO()
    np.savez(content, x=[1.0, 2, 4], y=[2.0, 3, 4], name=["a", "b", "c"])
    return content.getvalue()


def as_parquet():
    import pandas as pd

    content = io.BytesIO()
    pd.DataFrame({"x": [1.0, 2, 4], "y": [2, 3, 4], "name": ["a", "b", "c"]}).to_parquet(content, index=False)
    return content.getvalue()


FILES = {
    "data.csv": CSV,
    "data.tsv": CSV.replace(b",", b"\t"),
    "with a name.TXT": CSV.replace(b",", b" "),
    "data.dat": b"# x y\n1 2\n2 3\n4 4\n",
    "semicolons.csv": b"x;y\n1,0;2,0\n2,0;3,0\n4,0;4,0\n",
    "data.csv.gz": gzip.compress(CSV),
    "data.npz": as_npz(),
    "data.parquet": as_parquet(),
    "bom.csv": b"\xef\xbb\xbf" + CSV,
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_given_is_read_as_any_other(client, name):
    given = client.post("data", params={"name": f"C:/fake/{name}"}, content=FILES[name])
    assert given.status_code == 200, given.text
    found = given.json()
    assert found["name"] == name
    assert found["columns"][:2] == ["x", "y"]
    data = {"held": found["file"], "inputs": ["x"], "target": "y", "scale": "standard"}
    drawn = client.post("examples", json={"data": data}).json()
    np.testing.assert_allclose(drawn["x"], [1, 2, 4])
    np.testing.assert_allclose(drawn["y"], [2, 3, 4])
    asked = view()
    asked["study"]["data"] = data
    _, *_, (end, _) = messages(client.post("picture", json=asked).content)
    assert end["kind"] == "end"
    assert "x = [[1.0], [2.0], [4.0]]" in client.post("study.toml", json=asked).text


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("a.csv", b"", "a.csv: is empty"),
        ("a.csv", b"1,2\n3,4\n", "a.csv: begins with numbers; a header must name the columns"),
        ("a.csv", b"\x00\xff\xfe\x00" * 100, "a.csv: "),
        ("a.xlsx", b"PK\x03\x04", "a.xlsx: is not a file ending in"),
        ("a.csv", b"PK\x03\x04", "a.csv: is a ZIP file"),
        ("a.npz", b"PK\x03\x04", "a.npz: "),
        ("a.parquet", b"PAR1", "a.parquet: "),
        ("", b"x,y\n1,2\n", "is not a file ending in"),
        ("a" * 500 + ".csv", b"", "is empty"),
    ],
)
def test_a_file_that_is_none_is_refused_by_its_own_name(client, name, content, wrong):
    found = client.post("data", params={"name": name}, content=content)
    assert found.status_code == 422
    assert wrong in found.json()["error"]
    assert tempfile.gettempdir() not in found.json()["error"]


@pytest.mark.parametrize(
    ("content", "columns", "wrong"),
    [
        (b"x,y\n1,nan\n2,3\n", {}, "column 'y'"),
        (b"x,y\n1,a\n2,3\n", {}, "column 'y'"),
        (b"x,y\n1,2\n2\n", {}, "1 of 2 rows do not have the header's 2 fields"),
        (b"x,y\n1,2\n2,3\n", {"target": "z"}, "has no column 'z'"),
        (b"x,y\n1,2\n2,3\n", {"inputs": []}, "inputs"),
        (b"x,y\n1,2\n1,3\n", {}, "is 1 in every row"),
    ],
)
def test_columns_that_are_no_numbers_are_refused(client, content, columns, wrong):
    key = client.post("data?name=a.csv", content=content).json()["file"]
    data = {"held": key, "inputs": ["x"], "target": "y", "scale": "standard"} | columns
    found = client.post("examples", json={"data": data})
    assert found.status_code == 422
    assert wrong in found.json()["error"]


def test_a_million_columns_are_listed_or_refused(client):
    header = ",".join(f"c{number}" for number in range(10**6))
    found = client.post("data?name=wide.csv", content=f"{header}\n".encode())
    assert found.status_code in (200, 422)


def test_of_many_files_the_oldest_are_forgotten():
    known = KnownData()
    begun = known.hold(Synthetic(teacher={"weight": [1.0], "num_examples": 4}))
    keys = [known.hold(Upload("a.csv", CSV)) for _ in range(12)]
    columns = {"inputs": ["x"], "target": "y"}
    with pytest.raises(BadInput, match="is not here any more"):
        known.data({"held": keys[0]} | columns)
    assert known.data({"held": keys[-1]} | columns).num_datasets == 1
    assert known.data({"held": begun}).num_datasets == 1


def test_what_it_begins_with_keeps_every_bit(tmp_path):
    """Of several data sets the first, written out: what a sweep of it trains on are the same numbers."""
    file = tmp_path / "a.csv"
    file.write_text("x,y\n0.1,2\n0.3,3\n0.7,5\n", "utf-8")
    other = tmp_path / "b.csv"
    other.write_text("x,y\n1,2\n2,3\n", "utf-8")
    for data in (
        {"file": str(file), "inputs": ["x"], "target": "y"},
        {"file": [str(file), str(other)], "inputs": ["x"], "target": "y"},
        {
            "teacher": {"weight": [0.7], "num_examples": 5, "noise": 0.1, "num_datasets": 3},
            "scale": "standard",
        },
    ):
        study = Study(data=data, sweep={"learning_rate": 0.1})
        known = KnownData()
        found = known.datasets({"held": known.hold(study.data)})
        expected = load(study.data)[0]
        np.testing.assert_array_equal(found[0].x, expected.x)
        np.testing.assert_array_equal(found[0].y, expected.y)


def test_engels_households_are_those_of_the_experiment():
    assert ENGEL.read_bytes() == engel.FILE.read_bytes()
    assert json.dumps(load(KnownData().data({"shipped": "engel"}))[0].inputs) == '["income"]'
