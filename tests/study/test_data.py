"""The data set: read, checked and scaled as NumPy would; what cannot be read is BadInput and nothing else."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import load as load_all
from jaxneuron.study.data import read_table, teach
from jaxneuron.study.files import Table
from jaxneuron.study.sources import Arrays, Teacher

COLUMNS = {
    "income": np.array([420.157650843928, 541.411706721205, 901.157457003934, 1.0 / 3.0]),
    "size": np.array([1.0, 2.0, 3.0, 5.0]),
    "food": np.array([255.839424594576, 310.958667059145, 485.680014246373, 2e-7]),
}


def load(data):
    """The data set, where there is one."""
    (only,) = load_all(data)
    return only


@pytest.fixture(params=["csv", "parquet", "npz"])
def table_path(request, tmp_path) -> Path:
    """COLUMNS on disk, with a column of words that nobody asks for."""
    path = tmp_path / f"data.{request.param}"
    frame = pd.DataFrame({**COLUMNS, "town": list("abcd")})
    match request.param:
        case "csv":
            frame.to_csv(path, index=False)
        case "parquet":
            frame.to_parquet(path)
        case "npz":
            np.savez(path, town=np.array(list("abcd")), **COLUMNS)
    return path


def table(path: Path, inputs=("income", "size"), target="food", scale="standard") -> Table:
    return Table(file=str(path), inputs=inputs, target=target, scale=scale)


def csv(folder: Path, text: str) -> Path:
    path = folder / "data.csv"
    path.write_text(text)
    return path


X, Y = np.column_stack([COLUMNS["income"], COLUMNS["size"]]), COLUMNS["food"]


def test_every_kind_of_file_gives_the_same_numbers(table_path):
    data = load(table(table_path, scale="none"))

    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, Y)
    assert data.x.dtype == data.y.dtype == np.float64
    assert (data.inputs, data.target, data.source) == (("income", "size"), "food", str(table_path))
    np.testing.assert_array_equal(data.scaling.x_offset, [0.0, 0.0])
    np.testing.assert_array_equal(data.scaling.x_scale, [1.0, 1.0])
    assert (data.scaling.y_offset, data.scaling.y_scale) == (0.0, 1.0)


def test_scaling_is_numpys_and_undone_by_what_is_stored(table_path):
    data = load(table(table_path))
    scaling = data.scaling

    np.testing.assert_array_equal(data.x, (X - X.mean(0)) / X.std(0, ddof=0))
    np.testing.assert_array_equal(data.y, Y / Y.std(ddof=0))
    np.testing.assert_array_equal(scaling.x_offset, X.mean(0))
    np.testing.assert_array_equal(scaling.x_scale, X.std(0, ddof=0))
    assert (scaling.y_offset, scaling.y_scale) == (0.0, Y.std(ddof=0))
    np.testing.assert_allclose(data.x.mean(0), 0.0, atol=1e-15)
    np.testing.assert_allclose(data.x.std(0), 1.0)
    np.testing.assert_allclose(data.y.std(), 1.0)
    assert data.y.min() > 0
    np.testing.assert_allclose((data.x * scaling.x_scale + scaling.x_offset)[:, 0], X[:, 0], rtol=1e-12)
    np.testing.assert_allclose(data.y * scaling.y_scale, Y, rtol=1e-12)


def test_sha256_changes_with_any_number_name_scale_and_shape():
    x, y = [[1.0, 2.0], [3.0, 5.0], [4.0, 4.0]], [1.0, 2.0, 3.0]
    digests = {load(Arrays(x=x, y=y)).sha256, load(Arrays(x=x, y=y, scale="standard")).sha256}
    for i in range(3):
        changed = list(y)
        changed[i] = np.nextafter(changed[i], 9.0)
        digests.add(load(Arrays(x=x, y=changed)).sha256)
        for j in range(2):
            changed = [list(row) for row in x]
            changed[i][j] = np.nextafter(changed[i][j], 9.0)
            digests.add(load(Arrays(x=changed, y=y)).sha256)
    digests.add(load(Arrays(x=x, y=y))._replace(target="z").sha256)
    digests.add(load(Arrays(x=x, y=y))._replace(inputs=("a", "b")).sha256)

    assert len(digests) == 13
    assert load(Arrays(x=x, y=y)).sha256 == load(Arrays(x=np.array(x), y=np.array(y))).sha256
    assert all(len(digest) == 64 for digest in digests)
    wide, tall = np.arange(4.0).reshape(2, 2), np.arange(4.0)[:, None]
    assert load(Arrays(x=wide, y=[0, 1])).sha256 != load(Arrays(x=tall, y=[0, 1, 2, 3])).sha256


def test_arrays_name_their_inputs():
    assert load(Arrays(x=[1, 2], y=[1, 2])).inputs == ("x",)
    assert load(Arrays(x=[[1, 2], [3, 4]], y=[1, 2])).inputs == ("x0", "x1")
    assert load(Arrays(x=[True, False], y=[1, 2])).x.tolist() == [[1.0], [0.0]]


def test_csv_in_many_hands(tmp_path):
    path = csv(
        tmp_path, '"net income", "the ""target""",flag,town\n1, 2.5, True, "a, b"\n-3, 4e0, False, c\n'
    )

    columns = read_table(path, ["net income", 'the "target"', "flag"])

    assert columns["net income"].tolist() == [1.0, -3.0]
    assert columns['the "target"'].tolist() == [2.5, 4.0]
    assert columns["flag"].tolist() == [1.0, 0.0]
    assert all(column.dtype == np.float64 for column in columns.values())


def test_mixed_columns_of_a_long_csv_are_refused_quietly(tmp_path):
    path = csv(tmp_path, "x,y\n" + "1,2\n" * 300_000 + "low,2\n")

    with pytest.raises(BadInput, match=r"not a number in 1 of 300001 rows \(300001\), such as 'low'"):
        read_table(path, ["x", "y"])


TYPES = {
    "int": (pd.array([1, 2], dtype="Int64"), [1.0, 2.0]),
    "float32": (np.array([0.5, 2], np.float32), [0.5, 2.0]),
    "bool": ([True, False], [1.0, 0.0]),
    "category": (pd.Categorical([3, 4]), [3.0, 4.0]),
    "text": (["5", "6.5"], [5.0, 6.5]),
}


def test_parquet_and_npz_of_many_types(tmp_path):
    pd.DataFrame({name: values for name, (values, _) in TYPES.items()}).to_parquet(tmp_path / "data.parquet")
    np.savez(tmp_path / "data.npz", int=np.array([1, 2], ">i2"), bool=np.array([True, False]))

    columns = read_table(tmp_path / "data.parquet", list(TYPES))
    assert {name: column.tolist() for name, column in columns.items()} == {
        n: v for n, (_, v) in TYPES.items()
    }
    columns = read_table(tmp_path / "data.npz", ["int", "bool"])
    assert {name: column.tolist() for name, column in columns.items()} == {"int": [1, 2], "bool": [1, 0]}


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(BadInput, match=r"needs pyarrow: pip install 'jaxneuron\[parquet\]'"):
        read_table(path, ["x"])


def test_teacher_is_its_formula():
    teacher = Teacher(weight=[1.5, -0.5], bias=0.25, noise=0.1, num_examples=50, seed=7)

    x, y = teach(teacher)

    rng = np.random.default_rng(7)
    expected_x = ndtri(rng.random((50, 2)))
    noise = rng.normal(0.0, 0.1, 50)
    np.testing.assert_allclose(x, expected_x, rtol=1e-12)
    np.testing.assert_allclose(
        y, np.maximum(1.5 * x[:, 0] - 0.5 * x[:, 1] + 0.25, 0.0) + noise, rtol=1e-12, atol=1e-15
    )


def test_teacher_on_an_axis():
    x, y = teach(Teacher(weight=[2.0], bias=-1.0, inputs={"linear": [-1, 1], "num": 5}))

    assert x.tolist() == [[-1.0], [-0.5], [0.0], [0.5], [1.0]]
    assert y.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_teacher_of_drawn_inputs_stays_in_their_range():
    x, _ = teach(Teacher(weight=[1.0, 1.0], inputs={"log_uniform": [0.1, 10]}, num_examples=2000))

    assert x.shape == (2000, 2)
    assert 0.1 <= x.min() < 0.11
    assert 9.0 < x.max() <= 10.0
    np.testing.assert_allclose(np.median(x), 1.0, rtol=0.1)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "adagrad"])
def test_what_squares_the_gradient_needs_room_for_it(optimizer):
    """Beyond, squares are infinite and updates 0: who dies in float64 stays where it is in float32."""
    within, beyond = (load(Arrays(x=[1e9 * s, -2e9 * s], y=[2e9 * s, 1.0])) for s in (1.0, 4.0))
    within.check_size("float32", optimizer)
    with pytest.raises(BadInput, match=rf"column 'x' is too large for the squared gradients of {optimizer}"):
        beyond.check_size("float32", optimizer)
    beyond.check_size("float32", "sgd")
    beyond.check_size("float64", optimizer)


def test_adagrad_needs_squares_that_are_more_than_0():
    """Below, it takes no step in float32 where it takes one in float64."""
    within, below = (load(Arrays(x=[scale, -2 * scale], y=[scale, scale])) for scale in (1e-15, 1e-18))
    within.check_size("float32", "adagrad")
    with pytest.raises(
        BadInput, match="column 'y' is too small for the squared gradients of adagrad in float32"
    ):
        below.check_size("float32", "adagrad")
    below.check_size("float64", "adagrad")
    below.check_size("float32", "adam")
    load(Arrays(x=[0.0, 0.0], y=[0.0, 0.0])).check_size("float32", "adagrad")
