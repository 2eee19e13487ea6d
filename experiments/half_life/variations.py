"""The same with other numbers of inputs and of examples: where the phase without deaths ends."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.half_life.decay import Decay, decay_of, end_of_quiet
from experiments.studies import swept, with_settings
from jaxneuron import Study
from jaxneuron.study.study import resolved

# (inputs, examples); 5 and 200 are those of the study.
VARIED_INPUTS = tuple((inputs, 200) for inputs in (1, 2, 5, 10, 20))
VARIED_EXAMPLES = tuple((5, examples) for examples in (50, 100, 200, 500, 1000, 2000))
VARIATIONS = tuple(dict.fromkeys(VARIED_INPUTS + VARIED_EXAMPLES))


class Variation(NamedTuple):
    """What was found with so many inputs and examples."""

    inputs: int
    examples: int
    decay: Decay

    @property
    def end(self) -> np.ndarray:
        """Of each data set, over its limit; NaN where the phase goes on beyond the largest rate."""
        return end_of_quiet(self.decay)


def varied(study: Study, inputs: int, examples: int) -> Study:
    """The study with other numbers of inputs and examples; z has the same spread before the first step."""
    teacher = resolved(study)["data"]["teacher"]
    return with_settings(
        study,
        data={"teacher": teacher | {"weight": {"unit_vector": inputs}, "num_examples": examples}},
        neuron={"init_weight": {"normal": [0.0, math.sqrt(2 / inputs)]}},
    )


def variations(study: Study, folder: Path, done: Callable[[str], None]) -> list[Variation]:
    """All of them, each in a run of its own; `done` is told its name."""
    found = []
    for inputs, examples in VARIATIONS:
        name = f"half_life-{inputs}-inputs-{examples}-examples"
        run = swept(varied(study, inputs, examples), folder / f"{name}.zarr")
        found.append(Variation(inputs, examples, decay_of(run)))
        done(name)
    return found
