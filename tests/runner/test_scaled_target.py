"""Studies whose target is scaled: by a constant as by hand, and by an axis with the bits of the law."""

import numpy as np
import pytest

import jaxneuron as jn
from jaxneuron.analysis.explain import full_pass
from jaxneuron.analysis.fit import fit

X = np.linspace(-1, 2, 20)
Y = np.maximum(0, 1.5 * X + 0.3) + 0.1 * np.sin(9 * X)
STARTS = {
    "learning_rate": jn.Log(0.01, 2.0, 3),
    "init_bias": [-1, 0, 1],
    "replicates": 5,
    "records": "neurons",
}


def study_of(y=Y, gradient="auto", **sweep):
    return jn.Study(
        data={"x": X, "y": y},
        training={"num_steps": 60, "gradient": gradient},
        sweep=STARTS | sweep,
    )


@pytest.mark.parametrize("gradient", ["moments", pytest.param("autodiff", marks=pytest.mark.thorough)])
def test_a_constant_is_the_data_multiplied_by_hand(tmp_path, gradient):
    # By a power of two everything is multiplied exactly.
    scaled = jn.sweep(study_of(gradient=gradient, target_scale=-4), tmp_path / "scaled.zarr")
    by_hand = jn.sweep(study_of(-4 * Y, gradient), tmp_path / "by_hand.zarr")
    np.testing.assert_array_equal(scaled.neurons.fate, by_hand.neurons.fate)
    np.testing.assert_allclose(scaled.neurons.final_loss, by_hand.neurons.final_loss, rtol=1e-4)
    np.testing.assert_array_equal(scaled.cells.final_loss_bin, by_hand.cells.final_loss_bin)
    assert scaled.attrs["data"]["silent_loss"] == by_hand.attrs["data"]["silent_loss"]


@pytest.mark.thorough
def test_an_axis_has_the_same_bits_whatever_the_chunk(tmp_path):
    study = study_of(target_scale=[-1, 0.3, 1, 7])
    runs = [
        jn.sweep(study_of(target_scale=[-1, 0.3, 1, 7], chunk_size=size), tmp_path / f"{size}.zarr")
        for size in (17, 64)
    ]
    assert runs[0].cells.fate_count.dims == ("learning_rate", "target_scale", "init_bias", "fate")
    for name in ("final_loss", "final_weight", "fate"):
        one, other = (run.neurons[name].values.tobytes() for run in runs)
        assert one == other
    training = jn.train(study, cell=19, replicate=2)
    neuron = runs[0].neurons.stack(cell=runs[0].dims).isel(cell=19, replicate=2)
    if training.num_steps == 60:
        assert training.loss == neuron.final_loss.item()
    assert training.hyperparams["target_scale"] == study.design.values(np.array([19]))["target_scale"][0]


def test_what_is_shown_is_the_scaled_target():
    training = jn.train(study_of(target_scale=3.0), cell=7)
    numbers = full_pass(training, 2)
    np.testing.assert_allclose(numbers.y, 3 * Y)
    np.testing.assert_allclose(numbers.loss, training.history.loss[2], rtol=1e-5)
    np.testing.assert_allclose(numbers.grad_weight, training.history.grad_weight[2], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(fit(training).data_y, 3 * Y)
