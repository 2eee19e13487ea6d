"""The variants of a study: the bias trained or not, and its initial values fixed or drawn."""

from pathlib import Path
from typing import NamedTuple

from experiments.studies import swept
from jaxneuron import Normal, Run, Study

STDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # of initial biases that are drawn
BELOW = 0.99  # of the stability limit; nearer to it the last bits would decide


class Pair(NamedTuple):
    """Two runs of the same neurons: they start from the same weights and biases."""

    trained: Run
    untrained: Run


class Runs(NamedTuple):
    """Of one data set: over rates and fixed biases; and with drawn biases, a pair for each of `stds`."""

    fixed: Pair
    rate: float  # of the drawn ones: the largest swept one below the stability limit with a trained bias
    drawn: list[Pair]
    stds: tuple[float, ...]


def sweep_variants(study: Study, folder: Path, name: str, stds: tuple[float, ...] = STDS) -> Runs:
    """All runs of a study over learning rates and fixed initial biases, and of its drawn variants."""
    fixed = sweep_pair(study, folder, f"bias-{name}")
    rates, limit = fixed.trained.cells.learning_rate.values, fixed.trained.attrs["data"]["stability_limit"]
    rate = float(rates[rates < BELOW * limit].max())
    # As many neurons with drawn biases as with fixed ones.
    replicates = study.sweep.replicates * study.design.num_cells // len(stds)
    pairs = []
    for i, std in enumerate(stds, start=1):
        # With one seed for all, the biases of one std would be those of another, scaled.
        seed = 100 * study.sweep.seed + i
        update = {
            "init_bias": Normal(0.0, std),
            "learning_rate": rate,
            "replicates": replicates,
            "seed": seed,
        }
        drawn = study.model_copy(update={"sweep": study.sweep.model_copy(update=update)})
        pairs.append(sweep_pair(drawn, folder, f"bias-{name}-drawn-{std:g}"))
    return Runs(fixed, rate, pairs, stds)


def sweep_pair(study: Study, folder: Path, name: str) -> Pair:
    """The study with a bias that is trained, and with one that is not."""
    runs = []
    for train_bias, label in ((True, "trained"), (False, "untrained")):
        neuron = study.neuron.model_copy(update={"train_bias": train_bias})
        runs.append(swept(study.model_copy(update={"neuron": neuron}), folder / f"{name}-{label}.zarr"))
    return Pair(*runs)
