"""The neurons of a study after the same training time: η·t steps of size η, however small η is."""

import numpy as np

from experiments.eight_decades.diagram import Diagram
from experiments.studies import with_settings
from jaxneuron import Fate, Study
from jaxneuron.runner.program import Program


def train_to_time(study: Study, time: float) -> Diagram:
    """The diagram of the study's neurons after `time`/η steps, rounded, and at least one.

    One learning rate after the other: the number of steps is all that differs, and is no part of the program.
    """
    design, replicates = study.design, study.sweep.replicates
    num_rates, num_biases = design.shape.values()
    rates = design.values(np.arange(num_rates) * num_biases)["learning_rate"]
    fates, losses = [], []
    for row, rate in enumerate(rates):
        in_time = with_settings(study, training={"num_steps": max(1, round(time / rate))})
        cells = np.repeat(row * num_biases + np.arange(num_biases), replicates)
        trained = Program(in_time).train_neurons(cells, np.tile(np.arange(replicates), num_biases))
        fate, loss = (values.reshape(num_biases, replicates) for values in (trained.fate, trained.loss))
        fates.append(np.stack([np.count_nonzero(fate == f, axis=-1) for f in Fate], axis=-1))
        losses.append(np.median(loss, axis=-1))
    return Diagram(
        learning_rate=rates,
        init_bias=design.values(np.arange(num_biases))["init_bias"],
        fate_count=np.array(fates),
        median_loss=np.array(losses),
    )
