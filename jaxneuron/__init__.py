"""Train one ReLU neuron, or millions at once, in JAX.

    study = jaxneuron.read_study("study.toml")      or jaxneuron.Study(...)
    run = jaxneuron.sweep(study, "runs/study.zarr") all of its neurons; results are xarray objects
    training = jaxneuron.train(study)               one of its neurons, every step kept

The pure functions underneath are in `jaxneuron.neuron` (one neuron) and `jaxneuron.population` (many).
"""

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxneuron.api import *  # noqa: F403

    __version__: str


def __getattr__(name: str) -> Any:
    """The names of `jaxneuron.api`, imported when one is first asked for: `--help` does not wait for JAX."""
    if name == "__version__":
        from importlib.metadata import version

        return version("jaxneuron")
    # Whoever imports a room, such as `from jaxneuron import cli`, is asked here first too.
    if importlib.util.find_spec(f"{__name__}.{name}") is None:
        api = importlib.import_module("jaxneuron.api")
        if name == "__all__" or name in api.__all__:
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__getattr__("__all__")]
