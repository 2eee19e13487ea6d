"""Data as people have them: read as these numbers, or refused with this message."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numcodecs import Zstd

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import load
from jaxneuron.study.files import Table
from jaxneuron.study.sources import Arrays
from jaxneuron.study.tables.dialect import Dialect
from jaxneuron.study.tables.table import read_table

XY = [[1.0, 2.0], [3.0, 4.0]]  # the rows of most files
HALVES = [[1.5, 2.5], [3.5, 4.25]]


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return content.getvalue()


# A name, the content, the rows of x and y or the words of the message, and keys of [data], if any.
READ: list[tuple[Any, ...]] = [
    ("plain.csv", "x,y\n1,2\n3,4\n", XY),
    ("no last line end.csv", "x,y\n1,2\n3,4", XY),
    ("windows.csv", "x,y\r\n1,2\r\n3,4\r\n", XY),
    ("old mac.csv", "x,y\r1,2\r3,4\r", XY),
    ("mixed line ends.csv", "x,y\r\n1,2\n3,4\r", XY),
    ("blank lines.csv", "\n\nx,y\n1,2\n\n3,4\n  \n\n", XY),
    ("byte order mark.csv", b'\xef\xbb\xbf"x",y\n1,2\n3,4\n', XY),
    ("utf-16.csv", "x,y\n1,2\n3,4\n".encode("utf-16"), XY),
    ("utf-16 said.csv", "x,y\n1,2\n3,4\n".encode("utf-16-le"), XY, {"encoding": "utf-16-le"}),
    ("utf-32.csv", "x,y\n1,2\n3,4\n".encode("utf-32"), XY),
    ("latin-1.csv", "x,y,Größe\n1,2,ä\n3,4,ö\n".encode("latin-1"), XY, {"encoding": "latin-1"}),
    ("semicolons.csv", "x;y\n1;2\n3;4\n", XY),
    ("excel in Europe.csv", "x;y;z\r\n1,5;2,5;a\r\n3,5;4,25;b\r\n", HALVES),
    ("the separator said to Excel.csv", "sep=;\nx;y\n1;2\n3;4\n", XY),
    ("carets said to Excel.csv", "sep=^\nx^y\n1^2\n3^4\n", XY),
    ("tabs.tsv", "x\ty\n1\t2\n3\t4\n", XY),
    ("tabs and decimal commas.txt", "x\ty\n1,5\t2,5\n3,5\t4,25\n", HALVES),
    ("bars.dat", "x|y\n1|2\n3|4\n", XY),
    ("spaces.txt", "  x    y\n  1    2\n  3 \t 4  \n", XY),
    ("carets.csv", "x^y\n1^2\n3^4\n", XY, {"separator": "^"}),
    ("tabs said.csv", "x\ty\n1\t2\n3\t4\n", XY, {"separator": "tab"}),
    ("two that fit, one said.csv", "y,x,y;x;y\n2,1,9;1;2\n4,3,9;3;4\n", XY, {"separator": ";"}),
    ("quoted separators.csv", 'x,town,y\n1,"a, b",2\n3,"c ""d"", e",4\n', XY),
    ("quoted numbers.csv", '"x";"y"\n"1";"2"\n"3";"4"\n', XY),
    ("quoted decimal commas.csv", 'x,y\n"1,5","2,5"\n"3,5","4,25"\n', HALVES, {"decimal": ","}),
    ("spaces around.csv", " x , y \n 1 , 2 \n3, 4\n", XY),
    ("comments.csv", "# made in 2020\n# x, and y\nx,y\n1,2\n3,4\n", XY),
    ("a comment is the header.csv", "#id,x,y\n7,1,2\n8,3,4\n", XY),
    ("numpy.txt", "# x y\n1.0 2.0\n3.0 4.0\n", XY),
    ("an index without a name.csv", ",x,y\n0,1,2\n1,3,4\n", XY),
    ("a separator at each end.csv", "x,y,\n1,2,\n3,4,\n", XY),
    ("a name that pandas would make.csv", "x,x.1,y\n1,0,2\n3,0,4\n", XY),
    ("other columns twice.csv", "x,y,z,z\n1,2,0,0\n3,4,0,0\n", XY),
    ("a text over two lines.csv", 'x,y,z\n1,2,"a\nb, c, d, e"\n3,4,f\n', XY),
    ("thousands.csv", "x;y\n1.000,5;1\n2.345.678;2,5\n", [[1000.5, 1], [2345678, 2.5]], {"thousands": "."}),
    ("quoted thousands.csv", 'x,y\n"1,234",1\n999,2\n', [[1234, 1], [999, 2]], {"thousands": ","}),
    ("Swiss.csv", "x;y\n1'000.5;1\n2’000;2\n", [[1000.5, 1], [2000, 2]], {"thousands": "'"}),
    ("French.csv", "x;y\n1 000,5;1\n2\u202f000\u00a0000;2\n", [[1000.5, 1], [2e6, 2]], {"thousands": " "}),
    ("groups that are clear.csv", "x;y\n0,125;1234,567\n1,234;2\n", [[0.125, 1234.567], [1.234, 2]]),
    ("points that are clear.csv", "x;y\n0.125;1\n1.234;2\n", [[0.125, 1], [1.234, 2]]),
    ("points said.csv", "x;y\n1.234;1\n5.678;2\n", [[1.234, 1], [5.678, 2]], {"decimal": "."}),
    ("forms.csv", "x,y\n+1.50,-.5\n1e5,2.E-3\n007,-0\n", [[1.5, -0.5], [1e5, 2e-3], [7, 0]]),
    ("large.csv", "x,y\n9007199254740992,1\n1e22,2\n", [[2.0**53, 1], [1e22, 2]]),
    ("truth.csv", "x,y\nTrue,1\nfalse,2\n", [[1, 1], [0, 2]]),
    ("drop.csv", "x,y,z\n1,2,NA\nNA,5,0\n6,,0\n3,4,\n", XY, {"missing": "drop"}),
    ("a dash for nothing.csv", "x,y\n1,2\n-,9\n3,4\n", XY, {"missing": "drop", "missing_values": ["-"]}),
    (
        "a number for nothing.csv",
        "x,y\n1,2\n-999.0,9\n3,4\n",
        XY,
        {"missing": "drop", "missing_values": ["-999"]},
    ),
    ("gzip.csv.gz", gzip.compress(b"x,y\n1,2\n3,4\n"), XY),
    ("bzip2.tsv.bz2", bz2.compress(b"x\ty\n1\t2\n3\t4\n"), XY),
    ("zstd.csv.zst", Zstd().encode(b"x,y\n1,2\n3,4\n"), XY),
    ("xz.txt.xz", lzma.compress(b"x y\n1 2\n3 4\n"), XY),
    ("zip.csv.zip", zipped(data_csv="x,y\n1,2\n3,4\n"), XY),
    ("zip.zip", zipped(data_csv="x,y\n1,2\n3,4\n"), XY),
]
REFUSED: list[tuple[Any, ...]] = [
    ("short row.csv", "id,x,y,n\n1,1,2,a\n2,3,4\n", r"1 of 2 rows .* 4 fields: line 3 has 3; .* id, x, y, n"),
    ("a record in two lines.csv", "id,x,y,n\n1,1,2,long\ntext,9,8\n2,3,4,c\n", "line 3 has 3"),
    ("long row.csv", "x,y\n1,2\n3,4,5\n", "line 3 has 3"),
    ("cut inside a number.csv", "x,y,n\n1,2,a\n3,4", "line 3 has 2"),
    ("a gap.txt", "x y z\n1   2\n3 4 5\n", "line 2 has 2"),
    ("R.csv", "x,y\n1,1,2\n2,3,4\n", r"every row is longer than its header.*R.*col\.names"),
    ("separators at the ends.csv", "x,y\n1,2,\n3,4,\n", "every row is longer than its header.* at its end"),
    ("decimal commas.csv", "x,y\n1,5,2,5\n", "line 2 has 4"),
    ("lone quotes.csv", 'x,y,n\n1,2,"\n3,4,"\n5,6,c\n', "lines 2 to 3 .* line 3 would be a row"),
    ("lone quotes far apart.csv", 'x,y,n\n1,2,"\n3,4,a\n5,6,"\n', "lines 2 to 4 .* line 3 would be a row"),
    ("inches.csv", 'n,x,y\n"5 in,1,2\nb,3,4\n"6 in,5,6\n', "line 4: text follows a closing quote"),
    ("an open quote.csv", 'x,y,n\n1,2,"a\n3,4,b\n', "does not end before the file does"),
    ("an endless quote.csv", 'x,y,n\n1,2,"a\n' + "3,4,b\n" * 30_000, "endless; a lone quote"),
    ("an open quote in the header.csv", '"x,y\n1,2\n', "a quote there is not closed"),
    ("two that fit.csv", "y,x,y;x;y\n2,1,9;1;2\n", "the separators , and ;; separator = "),
    (
        "another separator said.csv",
        "x,y\n1,2\n",
        r'no column \'x\'.*separator = "," would',
        {"separator": ";"},
    ),
    ("another name.csv", "income,food\n1,2\n", r"no column 'x'; known: income, food; .*separator ,"),
    ("no header.csv", "1,2\n3,4\n", "a header must name the columns"),
    ("comments alone.csv", "# x\n# y\n", "has no header"),
    ("names twice.csv", "x,x ,y\n1,2,3\n", "has 2 columns 'x'"),
    ("no rows.csv", "x,y\n", "has no rows"),
    ("dates.csv", "x,y\n2020-01-01,2\n", r"column 'x' holds dates, .* '2020-01-01'"),
    ("dates in Europe.csv", "x;y\n31.12.2020;2\n", "column 'x' holds dates"),
    ("times.csv", "x,y\n12:30,2\n", "column 'x' holds times"),
    ("percentages.csv", "x,y\n12%,2\n", "holds percentages"),
    ("money.csv", "x,y\n$12,2\n", "holds amounts of money"),
    ("hexadecimal.csv", "x,y\n0x10,2\n", "not decimal in 1 of 1 rows .*'0x10'"),
    ("Fortran.csv", "x,y\n1d5,2\n", "write e for d"),
    ("underscores.csv", "x,y\n1_000,2\n", "underscores"),
    ("infinity.csv", "x,y\n-inf,2\n", "'x' is not finite"),
    ("too large.csv", "x,y\n1e400,2\n", "'x' is too large for float64"),
    ("too small.csv", "x,y\n1e-400,2\n", "'x' is too small for float64"),
    ("whole.csv", "x,y\n9007199254740993,2\n", "'x' has whole numbers that float64 would change"),
    ("whole with a point.csv", "x,y\n9007199254740993.0,2\n", "that float64 would change"),
    ("other digits.csv", "x,y\n١٢,2\n", "'x' is not a number"),
    ("a word.csv", "x,y\n1,2\nlow,4\n", r"not a number in 1 of 2 rows \(2\), such as 'low'.*missing_values"),
    ("a dash.csv", "x,y\n1,2\n-,4\n", r'missing_values = \["-"\]'),
    ("truth and numbers.csv", "x,y\nTrue,2\n0,4\n", "not a number everywhere"),
    ("missing.csv", "x,y\n1,2\n,4\nNaN,5\n", r"'x' is missing 2 of 3 rows \(2, 3\); .* missing = \"drop\""),
    ("all missing.csv", "x,y\nNA,2\n", "no row without a missing value in 'x'", {"missing": "drop"}),
    ("thousands.csv", "x;y\n1.000,5;2\n", r'decimal = "," and thousands = "\."'),
    ("groups of points.csv", "x;y\n1.000.000;2\n", r'decimal = "," and thousands = "\."'),
    ("quoted comma.csv", 'x,y\n"1,5",2\n', 'decimal = "," would read it'),
    ("quoted group.csv", 'x,y\n"1,234",2\n', 'decimal = "," or thousands = "," would read it'),
    ("a comma of two meanings.csv", "x;y\n1,234;2\n", r"1\.234 with decimal = \",\" and 1234 with"),
    ("a point of two meanings.csv", "x;y\n1.234;2\n", r'say decimal = "\." or thousands = "\."'),
    ("points and commas.csv", "x;y\n1,5;2\n2.5;3\n", r"such as '2\.5'.*decimal commas"),
    ("wrong groups.csv", "x;y\n1.00;2\n", "'x' is not a number", {"thousands": "."}),
    ("latin-1.csv", "x,y,ö\n1,2,ä\n".encode("latin-1"), r"line 1 is not text in UTF-8.*encoding = "),
    ("utf-16 without a mark.csv", "x,y\n1,2\n".encode("utf-16-be"), 'encoding = "utf-16-be"'),
    ("cut.csv.gz", gzip.compress(b"x,y\n" + b"1,2\n" * 50)[:-9], "is it whole"),
    ("no gzip.csv.gz", "x,y\n1,2\n", "cannot be read .*; is it whole"),
    ("cut.csv.zst", Zstd().encode(b"x,y\n" + b"1,2\n" * 50)[:-3], "is it whole"),
    ("zstd.csv", Zstd().encode(b"x,y\n1,2\n"), r"is compressed; name it \.csv\.zst"),
    ("gzip.csv", gzip.compress(b"x,y\n1,2\n"), r"is compressed; name it \.csv\.gz"),
    ("two files.zip", zipped(a_csv="x,y\n1,2\n", b_csv="x,y\n1,2\n"), "holds 2 files"),
    ("a sheet.csv", zipped(xl="x,y\n1,2\n"), "Excel"),
    ("another kind.tar.gz", b"\x1f\x8b", r"is not a file ending in \.csv"),
]


def table_of(file: Any, **keys: Any) -> Table:
    return Table(**{"file": file, "inputs": ["x"], "target": "y", "scale": "none"} | keys)


def written(folder: Path, name: str, content: str | bytes, **keys: Any) -> Table:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return table_of(folder / name, **keys)


@pytest.mark.parametrize("case", READ, ids=[case[0] for case in READ])
def test_it_is_read_as_these_numbers(case, tmp_path):
    name, content, rows, *keys = case
    (data,) = load(written(tmp_path, name, content, **dict(*keys)))

    assert np.column_stack([data.x, data.y]).tolist() == rows


@pytest.mark.parametrize("case", REFUSED, ids=[case[0] for case in REFUSED])
def test_it_is_refused_in_these_words(case, tmp_path):
    name, content, words, *keys = case
    with pytest.raises(BadInput, match=words) as refused:
        load(written(tmp_path, name, content, **dict(*keys)))

    line = str(refused.value)
    assert line.startswith(str(tmp_path / name))
    assert len(line.splitlines()) == 1
    assert len(line) < 500


LINE_ENDS = st.sampled_from(["\n", "\r\n"])
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from(',;"\t|'), max_size=6
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    rows=st.lists(st.tuples(TEXT, NUMBERS, NUMBERS), min_size=1, max_size=8),
    separator=st.sampled_from([",", ";", "tab", "|", "space", "^"]),
    decimal=st.sampled_from([".", ","]),
    thousands=st.sampled_from([None, ",", ".", "'", " "]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=LINE_ENDS,
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_what_is_written_in_a_dialect_is_read_back(
    rows, separator, decimal, thousands, quoting, end, tmp_path_factory
):
    """To the last bit, by Python's writer, which knows nothing of the reader."""
    if thousands == decimal:
        thousands = None
    if separator == "space":  # tabs separate then, too, of which the writer does not know
        rows = [(note.replace("\t", ""), x, y) for note, x, y in rows]

    def text(number: float) -> str:
        """Every second number with groups of three, where it has no exponent."""
        shown = repr(number)
        if thousands and "e" not in shown:
            shown = f"{int(abs(number)):,}".replace(",", "!") + shown[shown.index(".") :]
            shown = ("-" if np.signbit(number) else "") + shown
        return shown.replace(".", decimal).replace("!", thousands or "")

    path = tmp_path_factory.mktemp("dialect") / "data.csv"
    character = {"tab": "\t", "space": " "}.get(separator, separator)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=character, quoting=quoting, lineterminator=end)
        writer.writerow(["a note", "x", "y"])
        writer.writerows((f"a{note}", text(x), text(y)) for note, x, y in rows)
    keys = {"separator": separator, "decimal": decimal, "thousands": thousands}

    columns = read_table(path, ["x", "y"], table_of(path, **keys).dialect)

    assert columns["x"].tolist() == [x for _, x, _ in rows]
    assert columns["y"].tolist() == [y for _, _, y in rows]


@given(
    rows=st.lists(st.tuples(NUMBERS, TEXT, NUMBERS), min_size=1, max_size=5),
    separator=st.sampled_from([",", ";", "\t"]),
    end=LINE_ENDS,
    data=st.data(),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_file_that_was_cut_off_is_refused_or_has_whole_rows(rows, separator, end, data, tmp_path_factory):
    """But for a cut inside the last field of a row, of which nobody could tell."""
    content = io.StringIO()
    writer = csv.writer(content, delimiter=separator, lineterminator=end)
    writer.writerows([("x", "note", "y"), *rows])
    whole = content.getvalue()
    path = tmp_path_factory.mktemp("cut") / "data.csv"
    part = whole[: data.draw(st.integers(1, len(whole)))]
    path.write_text(part, "utf-8", newline="")

    try:
        columns = read_table(path, ["x", "y"], Dialect(decimal="."))
    except BadInput:
        return
    number = len(columns["x"])
    assert columns["x"].tolist() == [x for x, _, _ in rows[:number]]
    assert columns["y"][:-1].tolist() == [y for _, _, y in rows[: number - 1]]
    if part.endswith(end):
        assert columns["y"][-1] == rows[number - 1][2]


FRAMES = {
    "a period": (pd.period_range("2020", periods=2, freq="M"), "column 'x' holds pandas.period"),
    "a time": (pd.date_range("2020", periods=2), "column 'x' holds timestamp"),
    "a date": (pd.array([None, None], pd.ArrowDtype(pa.date32())), "column 'x' holds date32"),
    "a list": ([[1.0], [2.0]], "column 'x' holds list"),
    "bytes": ([b"1", b"2"], "column 'x' holds binary"),
    "whole": ([2**53 + 1, 1], "column 'x' has whole numbers that float64 would change"),
    "decimals": ([Decimal("9007199254740993"), Decimal(1)], "column 'x' has whole numbers"),
    "missing": (pd.array([1, None], "Int64"), r"column 'x' is missing 1 of 2 rows \(2\)"),
    "text": (["1,5", "2"], 'decimal = "," would read it'),
}


@pytest.mark.parametrize(("values", "words"), FRAMES.values(), ids=FRAMES)
def test_parquet_of_other_types_is_refused(values, words, tmp_path):
    pd.DataFrame({"x": values, "y": [1.0, 2.0]}).to_parquet(tmp_path / "data.parquet")

    with pytest.raises(BadInput, match=words):
        read_table(tmp_path / "data.parquet", ["x", "y"])


def test_parquet_is_read_by_its_columns(tmp_path):
    """What is not asked for is in nobody's way; an index is a column, and text and decimals are numbers."""
    frame = pd.DataFrame(
        {"0": ["1", "2.5"], "d": [Decimal("0.10"), Decimal("1")], "i": [3, 4], "tags": [["a"], []]}
    )
    frame.set_index("i").to_parquet(tmp_path / "data.parquet")

    columns = read_table(tmp_path / "data.parquet", ["0", "d", "i"])

    assert {name: column.tolist() for name, column in columns.items()} == {
        "0": [1.0, 2.5],
        "d": [0.1, 1.0],
        "i": [3.0, 4.0],
    }
    with pytest.raises(BadInput, match="has no column 'j'"):
        read_table(tmp_path / "data.parquet", ["0", "j"])


ARRAYS = {
    "objects": (np.array([1, None]), "holds Python objects"),
    "bytes without a type": (np.array([b"ab", b"cd"], "V2"), "holds structures"),
    "structures": (np.zeros(2, [("a", float)]), "holds structures"),
    "times": (np.array(["2020", "2021"], "M8[Y]"), "holds datetime64"),
    "complex": (np.array([1j, 2]), "holds complex128"),
    "whole": (np.array([2**63 + 1, 1], np.uint64), "float64 would change"),
    "an image": (np.ones((2, 2)), r"has the shape \(2, 2\)"),
}


@pytest.mark.parametrize(("values", "words"), ARRAYS.values(), ids=ARRAYS)
def test_npz_of_other_types_is_refused_where_it_is_asked_for(values, words, tmp_path):
    np.savez(tmp_path / "data.npz", x=values, y=[1.0, 2.0], scalar=3.0)

    with pytest.raises(BadInput, match=words):
        read_table(tmp_path / "data.npz", ["x", "y"])
    assert read_table(tmp_path / "data.npz", ["y"])["y"].tolist() == [1.0, 2.0]


class WithUnit(np.ndarray):
    """As astropy's quantities are."""


IN_PYTHON = {
    "masked": (np.ma.array([1.0, 2.0], mask=[False, True]), r"x: has masked values in 1 of 2 rows \(2\)"),
    "masked rows": ([np.ma.array([1.0], mask=[True]), [2.0]], "x: has masked values"),
    "units": (np.array([1.0, 2.0]).view(WithUnit), "x: is a WithUnit, which means more than its numbers"),
    "periods": (pd.Series(pd.period_range("2020", periods=2, freq="M")), r"x: holds period\[M\]"),
    "times": (pd.date_range("2020", periods=2), "x: holds datetime64"),
    "a time among numbers": (
        pd.DataFrame({"a": [1, 2], "t": pd.date_range("2020", periods=2)}),
        "column 't' holds",
    ),
    "missing": (pd.Series([1, None], dtype="Int64"), r"x: is missing 1 of 2 rows \(2\)"),
    "whole": (np.array([2**53 + 1, 1]), "x: has whole numbers that float64 would change"),
    "whole among others": ([2**53 + 1, 0.5], "x: has whole numbers that float64 would change"),
    "complex": ([1j, 2], "x: holds complex128"),
    "a scalar": (3.0, "x: must be a list of numbers"),
}


@pytest.mark.parametrize(("given_x", "words"), IN_PYTHON.values(), ids=IN_PYTHON)
def test_arrays_that_mean_more_are_refused(given_x, words):
    with pytest.raises(BadInput, match=words):
        Arrays(x=given_x, y=[1.0, 2.0])


def test_arrays_of_many_kinds_are_numbers():
    series = pd.Series([1, 2], dtype="Int64")
    for x in (range(1, 3), np.ma.array([1, 2]), series, pd.Categorical([1, 2]), np.array([1, 2], object)):
        assert Arrays(x=x, y=[1, 2]).x.tolist() == [1.0, 2.0]
    frame = pd.DataFrame({"a": [1.5, 2], "b": [True, False], "c": series})
    assert Arrays(x=frame, y=[1, 2]).x.tolist() == [[1.5, 1.0, 1.0], [2.0, 0.0, 2.0]]


def test_notes_say_what_was_left_out(tmp_path):
    content = 'x,y,z\n1,2,"a\nb"\n,5,c\n3,4,d\n'
    (data,) = load(written(tmp_path, "data.csv", content, missing="drop"))

    spans, left_out = data.notes
    assert spans.endswith("1 row takes several lines, as a quoted field has line ends (lines 2 to 3)")
    assert left_out.endswith("1 of 3 rows (2) are left out, as they miss 'x'")


def test_files_are_found_in_the_ways_in_which_people_write_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my data.csv").write_text("x,y\n1,2\n")
    for file in ("~/my data.csv", (tmp_path / "my data.csv").as_uri(), tmp_path / "my data.csv"):
        (data,) = load(table_of(file))
        assert data.y.tolist() == [2.0]
