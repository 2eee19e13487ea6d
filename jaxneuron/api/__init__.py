"""The names of `import jaxneuron`, and the only place that joins running a study, reading its results and
drawing them. What trains neurons imports JAX, and is imported when it is asked for.
"""

from typing import TYPE_CHECKING, Any

from jaxneuron.api.reading import Run, open_run
from jaxneuron.neuron.draws import LogUniform, Normal, Uniform
from jaxneuron.neuron.fate import Fate
from jaxneuron.population.axes import Linear, Log
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study, read_study

if TYPE_CHECKING:
    from jaxneuron.api.exploring import explore
    from jaxneuron.api.training import Ray, Training, Workers, refine, sweep, train

__all__ = [
    "BadInput",
    "Fate",
    "Linear",
    "Log",
    "LogUniform",
    "Normal",
    "Ray",
    "Run",
    "Study",
    "Training",
    "Uniform",
    "Workers",
    "explore",
    "open_run",
    "read_study",
    "refine",
    "sweep",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from jaxneuron.api import exploring, training

    return getattr(exploring if name == "explore" else training, name)
