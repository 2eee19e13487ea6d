"""Any study file, any data file: a sweep that could begin, or one line, exit code 2, nothing written."""

import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaxneuron import cli
from jaxneuron.runner import sweep as sweeping
from tests.study.test_bad_studies import CSV, STUDY, TEACHER

LINES = """\
nan|inf|-inf|true|1e400|-0.0|999999999999999999999999999999|1979-05-27|\x00|é|\ud7ff|\"\"\"|''
{ log = [1e-3, 1.0], num = 3 }|{ linear = [0, 1], num = 0 }|{ normal = [0.0, -1.0] }|[0.1, 0.1]
[sweep]|[[data]]|points = { sobol = 4 }|replicates = 0|replicates = 4294967297|momentum = 2
optimizer = 'adam'|batch_size = 0|precision = 'float16'|file = ''|file = '/'|inputs = []
scale = 1|records = 'all'|chunk_size = 1|seed = -1|num_steps = 1.5|teacher = {}"""
TOKENS = [*"=[]{}.,#\"'\n-+_0179eE", *(token for line in LINES.split("\n") for token in line.split("|"))]

FIELD = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(["", "x", "y", "NA", "inf", "-1e999", "9" * 400, "0x10", '"', "True", "\x00", "\ufeff"]),
    st.text(max_size=8),
)
ROWS = st.lists(st.lists(FIELD, min_size=1, max_size=4).map(",".join), max_size=6).map("\n".join)
CONTENT = st.one_of(
    st.binary(max_size=300),
    ROWS.map(lambda rows: rows.encode("utf-8", "surrogatepass")),
    ROWS.map(lambda rows: b"x,y\n" + rows.encode("utf-8", "surrogatepass")),
)

# One working folder serves all examples.
SETTINGS = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}


class Began(Exception):
    """The input is good."""


@pytest.fixture
def outcome(tmp_path, monkeypatch, capfd):
    """Runs `sweep study.toml`: whether it could begin; all else is asserted."""
    monkeypatch.chdir(tmp_path)

    def begin(*_, **__):
        raise Began

    monkeypatch.setattr(sweeping, "prepare", begin)
    monkeypatch.setattr(sys, "argv", ["jaxneuron", "sweep", "study.toml", "--out", "run.zarr"])

    def sweep(study: str | bytes, data: bytes, name: str = "data.csv") -> bool:
        study = study if isinstance(study, bytes) else study.encode("utf-8", "surrogatepass")
        Path("study.toml").write_bytes(study)
        Path(name).write_bytes(data)
        before = sorted(Path().iterdir())
        capfd.readouterr()
        try:
            cli.main()
        except Began:
            return True
        except SystemExit as ended:
            code = ended.code
        out, err = capfd.readouterr()
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert "Traceback" not in err
        assert sorted(Path().iterdir()) == before
        return False

    return sweep


def mutated(text: str, rng: random.Random) -> str:
    """The text with a few things cut out, put in, doubled or moved."""
    for _ in range(rng.randint(1, 2)):
        start, token = rng.randrange(len(text) + 1), rng.choice(TOKENS)
        stop = min(len(text), start + rng.randrange(12))
        match rng.randrange(5):
            case 0:
                text = text[:start] + text[stop:]
            case 1:
                text = text[:start] + token + text[start:]
            case 2:
                lines = text.split("\n")
                lines.insert(rng.randrange(len(lines) + 1), rng.choice([*lines, token]))
                text = "\n".join(lines)
            case 3:
                digits = [i for i, letter in enumerate(text) if letter.isdigit()]
                place = rng.choice(digits)
                text = text[:place] + str(rng.randrange(100)) + text[place + 1 :]
            case 4:
                lines = [
                    f"{line.split('=')[0]}= {token}" if rng.random() < 0.1 else line
                    for line in text.split("\n")
                ]
                text = "\n".join(lines)
    return text


@pytest.mark.parametrize("text", [STUDY, TEACHER], ids=["table", "teacher"])
def test_any_study_file(text, outcome):
    began = [outcome(mutated(text, random.Random(seed)), CSV.encode()) for seed in range(400)]
    # Some of what was changed is still a study.
    assert 40 < sum(began) < 300


@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode())))
@settings(max_examples=100, **SETTINGS)
def test_any_bytes_for_a_study(content, outcome):
    assert not outcome(content, CSV.encode()) or b"data" in content


@given(content=CONTENT, ending=st.sampled_from(["csv", "csv", "npz", "parquet", "txt"]))
@settings(max_examples=200, **SETTINGS)
def test_any_bytes_for_data(content, ending, outcome):
    outcome(STUDY.replace("data.csv", f"data.{ending}"), content, f"data.{ending}")
