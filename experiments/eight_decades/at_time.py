"""The neurons of a study after the same training time: η·t steps of size η, however small η is."""

import jax
import numpy as np

from experiments.eight_decades.diagram import Diagram
from jaxneuron import Fate, Study
from jaxneuron.population.train import train_population
from jaxneuron.study.data import load
from jaxneuron.study.setup import config_of, make_start


def train_to_time(study: Study, time: float) -> Diagram:
    """The diagram of the study's neurons after `time`/η steps, rounded, and at least one.

    One learning rate after the other: the number of steps is all that differs, and is no part of the program.
    """
    (data,) = load(study.data)
    design, replicates = study.design, study.sweep.replicates
    num_rates, num_biases = design.shape.values()
    fates, losses = [], []
    with jax.enable_x64(True):
        config, start = config_of(study, data), make_start(study)
        examples = data.examples("float64", config, 0)
        for row in range(num_rates):
            cells = np.repeat(row * num_biases + np.arange(num_biases), replicates)
            swept = design.values(cells)
            num_steps = max(1.0, np.round(time / swept["learning_rate"][0]))
            trained = train_population(
                cells.astype(np.uint32),
                np.tile(np.arange(replicates, dtype=np.uint32), num_biases),
                swept,
                start,
                examples,
                config,
                num_steps,
            )
            fate = np.asarray(trained.fate).reshape(num_biases, replicates)
            fates.append([np.count_nonzero(fate == f, axis=-1) for f in Fate])
            losses.append(np.median(np.asarray(trained.loss).reshape(num_biases, replicates), axis=-1))
    return Diagram(
        learning_rate=design.values(np.arange(num_rates) * num_biases)["learning_rate"],
        init_bias=design.values(np.arange(num_biases))["init_bias"],
        fate_count=np.array(fates).transpose(0, 2, 1),
        median_loss=np.array(losses),
    )
