"""What training by jumps costs beside steps taken one by one, by their number; in turns, in one process."""

import time
from typing import NamedTuple

import click
import jax
import numpy as np
from rich.console import Console
from rich.table import Table

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.running_sums import find_half_lines
from jaxneuron.neuron.train import Trained
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population

NUM_NEURONS, NUM_EXAMPLES = 2**14, 64
# Learning rates so that the longest trainings are about as far from their ends as the shortest ones.
RATES = {10**4: (1e-4, 0.5), 10**6: (1e-6, 1e-3), 10**8: (1e-8, 1e-5)}
MOST_STEPS_TAKEN = 10**6  # one by one
LONG = 30.0  # seconds of a training that is measured once


class Cost(NamedTuple):
    """Medians of seconds, and what both found of the neurons that are decided; None where the steps were not
    taken."""

    jumps: float
    steps: float | None
    within: float | None  # the share whose params agree to 1e-9
    fates_differ: int | None
    undecided: int


def measure(
    rates: dict[int, tuple[float, float]] = RATES, num_neurons: int = NUM_NEURONS, rounds: int = 5
) -> dict[int, Cost]:
    """The costs of each number of steps, both methods compiled, taking turns."""
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, NUM_EXAMPLES))
    y = np.maximum(1.1 * x + 0.2, 0) + 0.2 * noise
    cells, replicates = np.arange(num_neurons, dtype=np.uint32), np.zeros(num_neurons, np.uint32)
    weight, bias = rng.normal(size=num_neurons), rng.uniform(-2, 2, num_neurons)
    seconds: dict[tuple[int, str], list[float]] = {}
    found: dict[tuple[int, str], Trained] = {}

    with jax.enable_x64(True):
        examples = Examples(x[:, None], y, find_half_lines(x, y, "float64"))
        start = Start(jax.random.key(0), {}, {})

        def train(num_steps: int, method: str) -> None:
            values = {
                "learning_rate": np.geomspace(*rates[num_steps], num_neurons),
                "init_weight": weight,
                "init_bias": bias,
            }
            config = Config(gradient="moments", method=method)
            began = time.perf_counter()
            trained = train_population(cells, replicates, values, start, examples, config, num_steps)
            found[num_steps, method] = jax.block_until_ready(trained)
            seconds.setdefault((num_steps, method), []).append(time.perf_counter() - began)

        turns = [(n, "jumps") for n in rates] + [(n, "steps") for n in rates if n <= MOST_STEPS_TAKEN]
        # Compiled by the fewest steps, which are taken again.
        for method in ("jumps", "steps"):
            train(min(rates), method)
        seconds.clear()
        for turn in range(rounds):
            for num_steps, method in turns if turn % 2 == 0 else reversed(turns):
                if turn == 0 or seconds[num_steps, method][0] < LONG:
                    train(num_steps, method)
    return {num_steps: _cost(num_steps, seconds, found) for num_steps in rates}


def _cost(
    num_steps: int, seconds: dict[tuple[int, str], list[float]], found: dict[tuple[int, str], Trained]
) -> Cost:
    jumps, steps = found[num_steps, "jumps"], found.get((num_steps, "steps"))
    median = float(np.median(seconds[num_steps, "jumps"]))
    is_decided = ~np.asarray(jumps.undecided)
    undecided = int(np.sum(~is_decided))
    if steps is None:
        return Cost(median, None, None, None, undecided)
    one, other = (np.column_stack([found.params.weight, found.params.bias]) for found in (jumps, steps))
    off = np.max(np.abs(one - other) / (1 + np.abs(other)), axis=1)
    differ = np.asarray(jumps.fate) != np.asarray(steps.fate)
    return Cost(
        jumps=median,
        steps=float(np.median(seconds[num_steps, "steps"])),
        within=float(np.mean(off[is_decided] <= 1e-9)),
        fates_differ=int(np.sum(differ & is_decided)),
        undecided=undecided,
    )


def table_of(costs: dict[int, Cost]) -> Table:
    """One row a number of steps."""
    table = Table(box=None, pad_edge=False)
    for title in (
        "steps",
        "by jumps, s",
        "by steps, s",
        "ratio",
        "params agree",
        "fates differ",
        "undecided",
    ):
        table.add_column(title, justify="right")
    for num_steps, cost in costs.items():
        beside = ["", "", "", ""]
        if cost.steps is not None:
            beside = [
                f"{cost.steps:.3g}",
                f"{cost.steps / cost.jumps:.3g}",
                f"{cost.within:.3%}",
                f"{cost.fates_differ}",
            ]
        table.add_row(f"{num_steps:,}", f"{cost.jumps:.3f}", *beside, f"{cost.undecided}")
    return table


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
def main(rounds: int) -> None:
    """Train 16 384 neurons on 64 examples for 10⁴, 10⁶ and 10⁸ steps, by jumps and, up to 10⁶, by steps."""
    Console(width=120).print(table_of(measure(rounds=rounds)))


if __name__ == "__main__":
    main()
