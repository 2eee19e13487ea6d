"""How far from a known answer an experiment came, and what it says of a run that is not its own."""

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.known_answers import standard_errors
from experiments.one_example.__main__ import main
from experiments.studies import with_settings
from jaxneuron import Study


def test_standard_errors():
    # Of 100 neurons a known half has the standard error 0.05.
    share, known = np.array([0.6, 0.45, 0.5, 1.0, 0.9, 0.3]), np.array([0.5, 0.5, 0.5, 1.0, 1.0, np.nan])
    expected = [2, -1, 0, 0, -np.inf, np.nan]
    np.testing.assert_allclose(standard_errors(share, known, np.array(100)), expected, rtol=1e-12)


def test_what_is_no_run_is_said_in_one_line(tmp_path):
    (tmp_path / "taken").mkdir()
    result = CliRunner().invoke(main, ["--out", str(tmp_path / "taken")])
    assert result.exit_code == 2
    assert "taken: exists and is not a run of jaxneuron" in result.output


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_share_off_what_is_certain_is_infinitely_far(share):
    assert standard_errors(np.float64(share), np.float64(1.0), np.int64(10)) == -np.inf


def test_a_study_with_other_settings_is_otherwise_the_same():
    tables = {"data": {"x": [0.0, 1.0], "y": [0.0, 1.0]}, "sweep": {"learning_rate": 0.1, "replicates": 3}}
    study = Study(**tables)
    other = with_settings(study, training={"num_steps": 7}, sweep={"init_bias": [0.0, 1.0]})
    assert (other.training.num_steps, other.sweep.replicates) == (7, 3)
    assert other == Study(
        data=tables["data"],
        training={"num_steps": 7},
        sweep=tables["sweep"] | {"init_bias": [0.0, 1.0]},
    )
    assert study.training.num_steps == 1000
