"""Standard streams that are closed, full, not read to their end, or of another encoding than UTF-8."""

import io
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import jaxneuron
from jaxneuron import cli, sweep
from jaxneuron.cli.ascii_forms import ascii_form
from jaxneuron.study.study import Study

WITH_ONE_CLOSED = """
import os
os.close(2)
from jaxneuron.cli.process import open_closed_streams
open_closed_streams()
with open("kept", "w") as file:
    os.write(2, b"what a library says")
    file.write("kept")
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.zarr"
    sweep(Study(data={"x": [1.0, 2.0], "y": [1.0, 2.0]}, sweep={"learning_rate": 0.1}), path)
    return path


def shell(line):
    """(exit code, stdout, stderr) of a line in which `jaxneuron` is the command."""
    line = line.replace("jaxneuron", f"{shlex.quote(sys.executable)} -m jaxneuron", 1)
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing_else(run, closed):
    code, told, complained = shell(f"jaxneuron status {run} {closed}")
    assert (code, bool(told), complained) == (0, closed == "2>&-", "")


def test_what_is_printed_to_a_closed_stream_is_written_into_no_file(tmp_path):
    subprocess.run([sys.executable, "-c", WITH_ONE_CLOSED], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "kept").read_text() == "kept"


@pytest.mark.parametrize("option", ["", "--json"])
def test_output_that_cannot_be_written_is_one_line(run, option):
    code, _, complained = shell(f"jaxneuron status {run} {option} > /dev/full")
    wrong = "jaxneuron: what is printed cannot be written (No space left on device)\n"
    assert (code, complained) == (2, wrong)


def test_who_has_read_enough_is_not_told_of_it(run):
    _, told, complained = shell(f"jaxneuron doctor | head -c 1; jaxneuron status {run} | true")
    assert complained.count("Traceback") == 0
    assert len(told) == 1


SHOWN = {
    "train --help": "Step size eta.",
    "train d.csv --input ŷ[b] --target y --explain": "y = relu(",
    "best {run}": "Best cells",
}


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
@pytest.mark.parametrize("line", SHOWN)
def test_what_an_encoding_does_not_have_is_shown_in_ascii(line, encoding, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("ŷ[b],y\n0,1\n1,2\n", "utf-8")
    monkeypatch.setattr(sys, "argv", ["jaxneuron", *shlex.split(line.format(run=run))])
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert not ended.value.code
    told = sys.stdout.buffer.getvalue().decode(encoding)
    assert SHOWN[line] in told
    assert "?" not in told
    assert ("y^[b] + " in told) == ("ŷ[b]" in line)


def test_all_that_is_printed_has_a_form_in_ascii():
    files = Path(jaxneuron.__file__).parent.rglob("*.py")
    letters = set("".join(file.read_text("utf-8") for file in files)) - {"\N{REPLACEMENT CHARACTER}"}
    assert [letter for letter in letters if "?" in ascii_form(letter) and letter != "?"] == []
    assert ascii_form("ŷ − y² ≤ 10⁻⁵, x̄ → ½") == "y^ - y^2 <= 10^-5, x-bar -> 1/2"


@pytest.mark.parametrize("line", ["jaxneuron", "jaxneuron train --help"])
def test_help_that_cannot_be_written_is_a_failure(line):
    code, told, complained = shell(f"{line} >/dev/full 2>&1")
    assert (code, told, complained) == (2, "", "")
