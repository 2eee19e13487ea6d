"""A table of files as people have them: read as these numbers, or refused with this message."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import load
from jaxneuron.study.sources import Table

XY = [[1.0, 2.0], [3.0, 4.0]]  # the rows of most files
HALVES = [[1.5, 2.5], [3.5, 4.25]]


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return content.getvalue()


# A name, the content, the keys of [data], and the rows of x and y or the words of the message.
READ: list[tuple[str, str | bytes, dict[str, Any], list[list[float]]]] = [
    ("plain.csv", "x,y\n1,2\n3,4\n", {}, XY),
    ("no last line end.csv", "x,y\n1,2\n3,4", {}, XY),
    ("windows.csv", "x,y\r\n1,2\r\n3,4\r\n", {}, XY),
    ("old mac.csv", "x,y\r1,2\r3,4\r", {}, XY),
    ("mixed line ends.csv", "x,y\r\n1,2\n3,4\r", {}, XY),
    ("blank lines.csv", "\n\nx,y\n1,2\n\n3,4\n  \n\n", {}, XY),
    ("byte order mark.csv", b'\xef\xbb\xbf"x",y\n1,2\n3,4\n', {}, XY),
    ("utf-16.csv", "x,y\n1,2\n3,4\n".encode("utf-16"), {}, XY),
    ("utf-16 said.csv", "x,y\n1,2\n3,4\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, XY),
    ("utf-32.csv", "x,y\n1,2\n3,4\n".encode("utf-32"), {}, XY),
    ("latin-1.csv", "x,y,Größe\n1,2,ä\n3,4,ö\n".encode("latin-1"), {"encoding": "latin-1"}, XY),
    ("semicolons.csv", "x;y\n1;2\n3;4\n", {}, XY),
    ("excel in Europe.csv", "x;y;z\r\n1,5;2,5;a\r\n3,5;4,25;b\r\n", {}, HALVES),
    ("the separator said to Excel.csv", "sep=;\nx;y\n1;2\n3;4\n", {}, XY),
    ("tabs said to Excel.csv", "sep=\t\nx\ty\n1\t2\n3\t4\n", {}, XY),
    ("tabs.tsv", "x\ty\n1\t2\n3\t4\n", {}, XY),
    ("tabs and decimal commas.txt", "x\ty\n1,5\t2,5\n3,5\t4,25\n", {}, HALVES),
    ("bars.dat", "x|y\n1|2\n3|4\n", {}, XY),
    ("spaces.txt", "  x    y\n  1    2\n  3 \t 4  \n", {}, XY),
    ("carets.csv", "x^y\n1^2\n3^4\n", {"separator": "^"}, XY),
    ("tabs said.csv", "x\ty\n1\t2\n3\t4\n", {"separator": "tab"}, XY),
    ("two that fit, one said.csv", "y,x,y;x;y\n2,1,9;1;2\n4,3,9;3;4\n", {"separator": ";"}, XY),
    ("quoted separators.csv", 'x,town,y\n1,"a, b",2\n3,"c ""d"", e",4\n', {}, XY),
    ("quoted numbers.csv", '"x";"y"\n"1";"2"\n"3";"4"\n', {}, XY),
    ("quoted decimal commas.csv", 'x,y\n"1,5","2,5"\n"3,5","4,25"\n', {"decimal": ","}, HALVES),
    ("spaces around.csv", " x , y \n 1 , 2 \n3, 4\n", {}, XY),
    ("comments.csv", "# made in 2020\n# x, and y\nx,y\n1,2\n3,4\n", {}, XY),
    ("a comment is the header.csv", "#id,x,y\n7,1,2\n8,3,4\n", {}, XY),
    ("numpy.txt", "# x y\n1.0 2.0\n3.0 4.0\n", {}, XY),
    ("an index without a name.csv", ",x,y\n0,1,2\n1,3,4\n", {}, XY),
    ("a separator at each end.csv", "x,y,\n1,2,\n3,4,\n", {}, XY),
    ("other columns twice.csv", "x,y,z,z\n1,2,0,0\n3,4,0,0\n", {}, XY),
    ("a text over two lines.csv", 'x,y,z\n1,2,"a\nb, c, d, e"\n3,4,f\n', {}, XY),
    ("thousands.csv", "x;y\n1.000,5;1\n2.345.678;2,5\n", {"thousands": "."}, [[1000.5, 1], [2345678, 2.5]]),
    ("quoted thousands.csv", 'x,y\n"1,234",1\n999,2\n', {"thousands": ","}, [[1234, 1], [999, 2]]),
    ("Swiss.csv", "x;y\n1'000.5;1\n2’000;2\n", {"thousands": "'"}, [[1000.5, 1], [2000, 2]]),
    ("French.csv", "x;y\n1 000,5;1\n2\u202f000\u00a0000;2\n", {"thousands": " "}, [[1000.5, 1], [2e6, 2]]),
    ("groups that are clear.csv", "x;y\n0,125;1234,567\n1,234;2\n", {}, [[0.125, 1234.567], [1.234, 2]]),
    ("points that are clear.csv", "x;y\n0.125;1\n1.234;2\n", {}, [[0.125, 1], [1.234, 2]]),
    ("points said.csv", "x;y\n1.234;1\n5.678;2\n", {"decimal": "."}, [[1.234, 1], [5.678, 2]]),
    ("forms.csv", "x,y\n+1.50,-.5\n1e5,2.E-3\n007,-0\n", {}, [[1.5, -0.5], [1e5, 2e-3], [7, 0]]),
    ("large.csv", "x,y\n9007199254740992,1\n1e22,2\n", {}, [[2.0**53, 1], [1e22, 2]]),
    ("truth.csv", "x,y\nTrue,1\nfalse,2\n", {}, [[1, 1], [0, 2]]),
    ("drop.csv", "x,y,z\n1,2,NA\nNA,5,0\n6,,0\n3,4,\n", {"missing": "drop"}, XY),
    ("a dash for nothing.csv", "x,y\n1,2\n-,9\n3,4\n", {"missing": "drop", "missing_values": ["-"]}, XY),
    (
        "a number for nothing.csv",
        "x,y\n1,2\n-999.0,9\n3,4\n",
        {"missing": "drop", "missing_values": ["-999"]},
        XY,
    ),
    ("gzip.csv.gz", gzip.compress(b"x,y\n1,2\n3,4\n"), {}, XY),
    ("bzip2.tsv.bz2", bz2.compress(b"x\ty\n1\t2\n3\t4\n"), {}, XY),
    ("xz.txt.xz", lzma.compress(b"x y\n1 2\n3 4\n"), {}, XY),
    ("zip.csv.zip", zipped(data_csv="x,y\n1,2\n3,4\n"), {}, XY),
    ("zip.zip", zipped(data_csv="x,y\n1,2\n3,4\n"), {}, XY),
]
REFUSED: list[tuple[str, str | bytes, dict[str, Any], str]] = [
    (
        "short row.csv",
        "id,x,y,n\n1,1,2,a\n2,3,4\n",
        {},
        r"1 of 2 rows .* 4 fields: line 3 has 3; .* id, x, y, n",
    ),
    ("a record in two lines.csv", "id,x,y,n\n1,1,2,long\ntext,9,8\n2,3,4,c\n", {}, "line 3 has 3"),
    ("long row.csv", "x,y\n1,2\n3,4,5\n", {}, "line 3 has 3"),
    ("cut inside a number.csv", "x,y,n\n1,2,a\n3,4", {}, "line 3 has 2"),
    ("a gap.txt", "x y z\n1   2\n3 4 5\n", {}, "line 2 has 2"),
    ("R.csv", "x,y\n1,1,2\n2,3,4\n", {}, r"every row is longer than its header.*R.*col\.names"),
    (
        "separators at the ends.csv",
        "x,y\n1,2,\n3,4,\n",
        {},
        "every row is longer than its header.* at its end",
    ),
    ("decimal commas.csv", "x,y\n1,5,2,5\n", {}, "line 2 has 4"),
    ("lone quotes.csv", 'x,y,n\n1,2,"\n3,4,"\n5,6,c\n', {}, "lines 2 to 3 .* line 3 would be a row"),
    (
        "lone quotes far apart.csv",
        'x,y,n\n1,2,"\n3,4,a\n5,6,"\n',
        {},
        "lines 2 to 4 .* line 3 would be a row",
    ),
    ("inches.csv", 'n,x,y\n"5 in,1,2\nb,3,4\n"6 in,5,6\n', {}, "line 4: text follows a closing quote"),
    ("an open quote.csv", 'x,y,n\n1,2,"a\n3,4,b\n', {}, "does not end before the file does"),
    ("an endless quote.csv", 'x,y,n\n1,2,"a\n' + "3,4,b\n" * 30_000, {}, "endless; a lone quote"),
    ("an open quote in the header.csv", '"x,y\n1,2\n', {}, "a quote there is not closed"),
    ("two that fit.csv", "y,x,y;x;y\n2,1,9;1;2\n", {}, "the separators , and ;; separator = "),
    (
        "another separator said.csv",
        "x,y\n1,2\n",
        {"separator": ";"},
        r'no column \'x\'.*separator = "," would',
    ),
    ("another name.csv", "income,food\n1,2\n", {}, r"no column 'x'; known: income, food; .*separator ,"),
    ("no header.csv", "1,2\n3,4\n", {}, "a header must name the columns"),
    ("comments alone.csv", "# x\n# y\n", {}, "has no header"),
    ("names twice.csv", "x,x ,y\n1,2,3\n", {}, "has 2 columns 'x'"),
    ("no rows.csv", "x,y\n", {}, "has no rows"),
    ("dates.csv", "x,y\n2020-01-01,2\n", {}, r"column 'x' holds dates, .* '2020-01-01'"),
    ("dates in Europe.csv", "x;y\n31.12.2020;2\n", {}, "column 'x' holds dates"),
    ("times.csv", "x,y\n12:30,2\n", {}, "column 'x' holds times"),
    ("percentages.csv", "x,y\n12%,2\n", {}, "holds percentages"),
    ("money.csv", "x,y\n$12,2\n", {}, "holds amounts of money"),
    ("hexadecimal.csv", "x,y\n0x10,2\n", {}, "not decimal in 1 of 1 rows .*'0x10'"),
    ("Fortran.csv", "x,y\n1d5,2\n", {}, "write e for d"),
    ("underscores.csv", "x,y\n1_000,2\n", {}, "underscores"),
    ("infinity.csv", "x,y\n-inf,2\n", {}, "'x' is not finite"),
    ("too large.csv", "x,y\n1e400,2\n", {}, "'x' is too large for float64"),
    ("too small.csv", "x,y\n1e-400,2\n", {}, "'x' is too small for float64"),
    ("whole.csv", "x,y\n9007199254740993,2\n", {}, "'x' has whole numbers that float64 would change"),
    ("whole with a point.csv", "x,y\n9007199254740993.0,2\n", {}, "that float64 would change"),
    ("other digits.csv", "x,y\n١٢,2\n", {}, "'x' is not a number"),
    (
        "a word.csv",
        "x,y\n1,2\nlow,4\n",
        {},
        r"not a number in 1 of 2 rows \(2\), such as 'low'.*missing_values",
    ),
    ("a dash.csv", "x,y\n1,2\n-,4\n", {}, r'missing_values = \["-"\]'),
    ("truth and numbers.csv", "x,y\nTrue,2\n0,4\n", {}, "not a number everywhere"),
    (
        "missing.csv",
        "x,y\n1,2\n,4\nNaN,5\n",
        {},
        r"'x' is missing 2 of 3 rows \(2, 3\); .* missing = \"drop\"",
    ),
    ("all missing.csv", "x,y\nNA,2\n", {"missing": "drop"}, "no row without a missing value in 'x'"),
    ("thousands.csv", "x;y\n1.000,5;2\n", {}, r'decimal = "," and thousands = "\."'),
    ("groups of points.csv", "x;y\n1.000.000;2\n", {}, r'decimal = "," and thousands = "\."'),
    ("quoted comma.csv", 'x,y\n"1,5",2\n', {}, 'decimal = "," would read it'),
    ("quoted group.csv", 'x,y\n"1,234",2\n', {}, 'decimal = "," or thousands = "," would read it'),
    ("a comma of two meanings.csv", "x;y\n1,234;2\n", {}, r"1\.234 with decimal = \",\" and 1234 with"),
    ("a point of two meanings.csv", "x;y\n1.234;2\n", {}, r'say decimal = "\." or thousands = "\."'),
    ("points and commas.csv", "x;y\n1,5;2\n2.5;3\n", {}, r"such as '2\.5'.*decimal commas"),
    ("wrong groups.csv", "x;y\n1.00;2\n", {"thousands": "."}, "'x' is not a number"),
    ("latin-1.csv", "x,y,ö\n1,2,ä\n".encode("latin-1"), {}, r"line 1 is not text in UTF-8.*encoding = "),
    ("utf-16 without a mark.csv", "x,y\n1,2\n".encode("utf-16-be"), {}, 'encoding = "utf-16-be"'),
    ("cut.csv.gz", gzip.compress(b"x,y\n" + b"1,2\n" * 50)[:-9], {}, "is it whole"),
    ("no gzip.csv.gz", "x,y\n1,2\n", {}, "cannot be read .*; is it whole"),
    ("gzip.csv", gzip.compress(b"x,y\n1,2\n"), {}, r"is compressed; name it \.csv\.gz"),
    ("two files.zip", zipped(a_csv="x,y\n1,2\n", b_csv="x,y\n1,2\n"), {}, "holds 2 files"),
    ("a sheet.csv", zipped(xl="x,y\n1,2\n"), {}, "Excel"),
    ("another kind.tar.gz", b"\x1f\x8b", {}, r"is not a file ending in \.csv"),
]


def written(folder: Path, name: str, content: str | bytes, keys: dict[str, Any]) -> Table:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return Table(file=folder / name, inputs=["x"], target="y", scale="none", **keys)


@pytest.mark.parametrize(("name", "content", "keys", "rows"), READ, ids=[case[0] for case in READ])
def test_it_is_read_as_these_numbers(name, content, keys, rows, tmp_path):
    (data,) = load(written(tmp_path, name, content, keys))

    assert np.column_stack([data.x, data.y]).tolist() == rows


@pytest.mark.parametrize(("name", "content", "keys", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_it_is_refused_in_these_words(name, content, keys, words, tmp_path):
    with pytest.raises(BadInput, match=words) as refused:
        load(written(tmp_path, name, content, keys))

    line = str(refused.value)
    assert line.startswith(str(tmp_path / name))
    assert len(line.splitlines()) == 1
    assert len(line) < 500
