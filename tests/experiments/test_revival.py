"""Revival in small: at the known steps under decay, and never with the certificate."""

import numpy as np
import pytest

import jaxneuron as jn
from experiments.revival.revival import LATER, SETTINGS, coast_of_adam, decay, draw, second_look
from experiments.revival.theory import adam_coast, revival_step
from tests.experiments.small import check_drawn, small_study

pytestmark = pytest.mark.thorough


def test_decay_revives_at_the_known_steps(tmp_path):
    found = decay(jn.sweep(small_study("revival/decay", sweep={"replicates": 300}), tmp_path / "decay.zarr"))
    assert found.num_others == 0
    assert found.num_revived > 3000
    is_common = found.neurons * np.minimum(found.known, 1 - found.known) >= 5
    assert is_common.sum() > 50
    assert (abs(found.errors[is_common]) <= 5).all()
    check_drawn(draw, found, path=tmp_path)


@pytest.mark.parametrize("name", ["momentum 0.9", "sgd, decay 0.1"])
def test_those_with_the_certificate_never_revive(name, tmp_path):
    optimizer, besides = SETTINGS[name]
    looks = []
    for num_steps in (25, LATER):
        settings = {"optimizer": optimizer, "num_steps": num_steps}
        study = small_study("revival/study", training=settings, sweep=besides | {"replicates": 10})
        looks.append(jn.sweep(study, tmp_path / f"{num_steps}.zarr"))
    found = second_look(*looks)
    assert found.neurons == 2000
    assert found.revived > 30
    assert found.absorbed_and_revived == 0
    if name == "momentum 0.9":
        assert 0 <= found.dead - found.absorbed - found.revived <= 1
    else:
        assert found.absorbed == 0


def test_the_first_step_above_0():
    weight, shrink = np.array([-1.0, -3.0]), 0.1
    step = revival_step(weight, 0.25, 0.5, shrink)
    for w, t in zip(weight, step, strict=True):
        z = w * (1 - shrink) ** np.arange(t + 1) * 0.5 + 0.25
        assert (z[:-1] <= 0).all()
        assert z[-1] > 0


def test_adam_coasts_as_far_as_known():
    assert adam_coast(0.9, 0.999) == pytest.approx(9.05, abs=0.01)
    assert coast_of_adam() == pytest.approx(9.05, rel=0.01)
