"""What files hold is text on a terminal: it moves no cursor, changes no title and turns no direction."""

import csv
import io
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

import jaxneuron as jn
from jaxneuron.analysis.export import export
from jaxneuron.cli.terminal import VisibleLog, print_items, print_log
from jaxneuron.study.bad_input import BadInput, visible
from jaxneuron.view.terminal.plain import as_text, plain_table

EVIL = "\x1b]0;title\x07\x1b[2J\u202egnp.exe\x9b31m"
TEXT = r"\x1b]0;title\x07\x1b[2J\u202egnp.exe\x9b31m"


@given(st.text())
def test_nothing_unseen_is_left(text):
    found = visible(text)
    assert all(letter.isprintable() or letter in "\n\u00a0" for letter in found)
    if text.isprintable():
        assert found == text
    found.encode()  # halves of characters, too, are written out


def test_errors_tables_and_the_log_show_it_as_text(monkeypatch):
    assert str(BadInput(f"data.csv: has no column {EVIL}")) == f"data.csv: has no column {TEXT}"
    table = Table(title=EVIL)
    table.add_column(EVIL)
    table.add_row(EVIL)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    print_items(table, f"run: {EVIL}")
    printed = sys.stdout.getvalue()
    assert not set(EVIL) & set(printed) - set(TEXT)
    assert f"run: {TEXT}".replace(r"\x07", "") in printed  # rich leaves out the bell
    record = logging.LogRecord("jaxneuron", logging.WARNING, "", 0, f"one\ntwo {EVIL}", None, None)
    assert VisibleLog("%(message)s").format(record) == f"one two {TEXT}"


def test_no_column_of_many_is_cut(capsys):
    names = [f"a column named {i}" for i in range(20)]
    table = plain_table(*names, title="Wide")
    table.add_row(*names)
    print_items(table)
    as_printed = capsys.readouterr().out.splitlines()
    for told in (as_printed, as_text([table]).splitlines()):
        assert [line.split("  ") for line in told[1:3]] == [names, names]


def test_the_log_is_printed_so(capsys):
    root, level = logging.getLogger(), logging.getLogger("jaxneuron").level
    handlers = list(root.handlers)
    try:
        print_log(quiet=True)
        logging.getLogger("jaxneuron").warning(f"named {EVIL}")
        assert capsys.readouterr().err == f"named {TEXT}\n"
    finally:
        root.handlers[:] = handlers
        logging.getLogger("jaxneuron").setLevel(level)


def test_a_name_of_a_megabyte_is_cut():
    told = str(BadInput(f"data.csv: has no column {'x' * 10**6}; known: a, b"))
    assert len(told) < 2000
    assert told.startswith("data.csv: has no column xxx")
    assert told.endswith("; known: a, b")


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "=1\n=2", '"=1', "a,=b"])
def test_no_cell_of_an_exported_table_begins_as_a_formula(name, tmp_path):
    """Names of columns stand behind what they are names of."""
    (tmp_path / "data.csv").write_text("")
    with (tmp_path / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[name, "second", "y"], [0, 0, 0], [1, 0, 1], [2, 1, 2]])
    study = jn.Study(
        data={"file": str(tmp_path / "data.csv"), "inputs": [name, "second"], "target": "y"},
        training={"num_steps": 3},
        sweep={"learning_rate": 0.1, "records": "neurons"},
    )
    run = jn.sweep(study, tmp_path / "run.zarr")
    for rows in ("cells", "neurons"):
        export(run, tmp_path / f"{rows}.csv", rows=rows)
        with (tmp_path / f"{rows}.csv").open(newline="") as file:
            header, *body = csv.reader(file)
        assert not [cell for cell in header if cell[0] in "=+-@\t\r\n"]
        assert all(len(row) == len(header) for row in body)
        words = [cell for row in body for cell in row if cell.isalpha() or cell.startswith(("=", "@"))]
        assert set(words) <= {"unsettled", "died", "converged", "inf", "nan", "True", "False"}
