"""What all neurons of a study share, put on each device once: its examples, and where values come from."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

import jax
import numpy as np

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.running_sums import count_probes, find_half_lines
from jaxneuron.population.start import Start
from jaxneuron.runner.dispatch import Device
from jaxneuron.study.data import Dataset
from jaxneuron.study.study import Study

Shared = TypeVar("Shared")


class OnDevices(Generic[Shared]):
    """Arrays that are made once, on the default device, and put on others when they are asked for."""

    def __init__(self, make: Callable[[], Shared]) -> None:
        self._make = make
        self._made: dict[Device | None, Shared] = {}
        self._lock = Lock()

    def on(self, device: Device | None) -> Shared:
        """Those on a device; None is the default one."""
        with self._lock:
            if None not in self._made:
                self._made[None] = self._make()
            if device not in self._made:
                self._made[device] = jax.device_put(self._made[None], device)
            return self._made[device]


def make_examples(
    datasets: Sequence[Dataset], precision: str, forms: Mapping[str, Config]
) -> dict[tuple[int, str], Examples]:
    """The examples of each data set, by its number and the form of the gradient: with half-lines where the
    form needs them."""
    with jax.enable_x64(precision == "float64"):
        return {
            (number, form): examples_of(data, precision, config, num_probes)
            for form, config in forms.items()
            for num_probes in [shared_probes(datasets, precision, config)]
            for number, data in enumerate(datasets)
        }


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


def make_start(study: Study) -> Start:
    """Where the values of the study's neurons come from, in its precision."""
    dtype = np.dtype(study.training.precision).type
    with jax.enable_x64(study.training.precision == "float64"):
        values = (
            {name: dtype(value) for name, value in study.fixed.items()},
            {name: type(d)(*map(dtype, d)) for name, d in study.drawn.items()},
        )
        # Whatever kind of key JAX is told to make by itself.
        return Start(jax.random.key(study.sweep.seed, impl="threefry2x32"), *jax.device_put(values))
