"""Train one ReLU neuron, or millions at once, in JAX.

    study = jaxneuron.read_study("study.toml")      or jaxneuron.Study(...)
    run = jaxneuron.sweep(study, "runs/study.zarr") all of its neurons; results are xarray objects
    training = jaxneuron.train(study)               one of its neurons, every step kept

The pure functions underneath are in `jaxneuron.neuron` (one neuron) and `jaxneuron.population` (many).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxneuron.neuron.draws import LogUniform as LogUniform
    from jaxneuron.neuron.draws import Normal as Normal
    from jaxneuron.neuron.draws import Uniform as Uniform
    from jaxneuron.neuron.fate import Fate as Fate
    from jaxneuron.population.axes import Linear as Linear
    from jaxneuron.population.axes import Log as Log
    from jaxneuron.study.bad_input import BadInput as BadInput
    from jaxneuron.study.engines.ray import Ray as Ray
    from jaxneuron.study.engines.workers import Workers as Workers
    from jaxneuron.study.run import Run as Run
    from jaxneuron.study.run import open_run as open_run
    from jaxneuron.study.study import Study as Study
    from jaxneuron.study.study import read_study as read_study
    from jaxneuron.study.sweep import sweep as sweep
    from jaxneuron.study.training import train as train

    __version__: str

# Imported when first asked for, so that the command line's --help does not wait for jax.
_HOME = {
    "BadInput": "study.bad_input",
    "Fate": "neuron.fate",
    "Linear": "population.axes",
    "Log": "population.axes",
    "LogUniform": "neuron.draws",
    "Normal": "neuron.draws",
    "Ray": "study.engines.ray",
    "Run": "study.run",
    "Study": "study.study",
    "Uniform": "neuron.draws",
    "Workers": "study.engines.workers",
    "open_run": "study.run",
    "read_study": "study.study",
    "sweep": "study.sweep",
    "train": "study.training",
}

__all__ = sorted(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("jaxneuron")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
