"""What all neurons of a study share, put on each device once: its examples, and where values come from."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

import jax
import numpy as np

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.population.start import Start
from jaxneuron.runner.dispatch import Device
from jaxneuron.runner.examples import examples_of, shared_probes
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


class ExamplesOnDevices(OnDevices[Mapping[tuple[int, str], Examples]]):
    """The examples of each data set, by its number and the form of the gradient: with half-lines where the
    form needs them."""

    def __init__(self, datasets: Sequence[Dataset], precision: str, configs: Sequence[Config]) -> None:
        by_form = {config.gradient: config for config in configs}
        self._of = datasets, precision, set(by_form)

        def make() -> dict[tuple[int, str], Examples]:
            with jax.enable_x64(precision == "float64"):
                return {
                    (number, form): examples_of(data, precision, config, num_probes)
                    for form, config in by_form.items()
                    for num_probes in [shared_probes(datasets, precision, config)]
                    for number, data in enumerate(datasets)
                }

        super().__init__(make)

    def are_as(self, others: "ExamplesOnDevices") -> bool:
        """Whether the others are the same arrays: of the same data, in the same precision and forms."""
        (datasets, *rest), (of_others, *others_rest) = self._of, others._of
        return datasets is of_others and rest == others_rest


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
