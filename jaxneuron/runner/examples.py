"""The examples of a data set as neurons are trained on them, on the device."""

from collections.abc import Sequence

import jax

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.running_sums import count_probes, find_half_lines
from jaxneuron.study.data import Dataset


def examples_of(data: Dataset, precision: str, config: Config, num_probes: int = 0) -> Examples:
    """The examples on the device in float32 or float64, with their half-lines where moments are used."""
    x, y = jax.device_put((data.x.astype(precision), data.y.astype(precision)))
    if config.gradient != "moments":
        return Examples(x, y)
    return Examples(x, y, find_half_lines(data.x[:, 0], data.y, precision, num_probes))


def shared_probes(datasets: Sequence[Dataset], precision: str, config: Config) -> int:
    """The number of probes with which the examples of data sets that are equally long have the same shapes:
    one compiled program serves them all. (Of other lengths each has a program of its own.)"""
    if config.gradient != "moments" or len(datasets) == 1:
        return 0
    return max(count_probes(data.x[:, 0], precision) for data in datasets)
