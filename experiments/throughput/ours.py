"""jaxneuron, measured as the other programs are: `train_population` over equal parts, one a core."""

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np

from experiments.throughput.work import Data, Work
from jaxneuron.neuron.gradient import choose_form
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.loss import Examples
from jaxneuron.neuron.moments import why_not
from jaxneuron.neuron.running_sums import find_half_lines
from jaxneuron.population.start import Start
from jaxneuron.population.train import train_population

MOST_AT_A_TIME = 2**18


@dataclasses.dataclass(frozen=True)
class Variant:
    """One way to the gradient, with and without leaving out neurons that have finished."""

    NAME: str
    gradient: str
    finish_early: bool = True

    def can(self, work: Work) -> bool:
        return self.gradient != "moments" or why_not(work.activation, work.num_inputs) is None

    def measured_part(self, work: Work) -> tuple[int, int] | None:
        # Moments hardly cost more with more examples: a short trial would measure their sorting. Matrix
        # products are of whole blocks: a trial with few neurons would mostly measure what fills them.
        return None if self.form(work) == "in_order" else (work.num_neurons, work.num_steps)

    def form(self, work: Work) -> str:
        return choose_form(self.gradient, work.activation, work.num_inputs, jax.default_backend())

    def prepare(self, work: Work, data: Data):
        form = self.form(work)
        config = Config(activation=work.activation, gradient=form)
        start = Start(jax.random.key(0), {}, {})
        cores = len(os.sched_getaffinity(0))
        size = min(-(-work.num_neurons // cores), MOST_AT_A_TIME)
        swept = {
            "init_weight": data.weight,
            "init_bias": data.bias,
            "learning_rate": data.learning_rate,
        }

        pool = ThreadPoolExecutor(cores)

        def train_part(first: int, examples: Examples) -> tuple[np.ndarray, np.ndarray]:
            # The last part reaches back, so that all are of one size.
            first = min(first, work.num_neurons - size)
            part = {name: values[first : first + size] for name, values in swept.items()}
            cells = np.arange(first, first + size, dtype=np.uint32)
            trained = train_population(
                cells,
                np.zeros_like(cells),
                part,
                start,
                examples,
                config,
                work.num_steps,
                finish_early=self.finish_early,
            )
            return np.asarray(trained.params.weight), np.asarray(trained.params.bias)

        def train() -> tuple[np.ndarray, np.ndarray]:
            examples = Examples(jnp.asarray(data.x), jnp.asarray(data.y))
            if form == "moments":
                half_lines = find_half_lines(data.x[:, 0], data.y, "float32")
                examples = examples._replace(half_lines=half_lines)
            firsts = [min(i, work.num_neurons - size) for i in range(0, work.num_neurons, size)]
            weight, bias = np.empty_like(data.weight), np.empty_like(data.bias)
            parts = pool.map(lambda first: train_part(first, examples), firsts)
            for first, (w, b) in zip(firsts, parts, strict=True):
                weight[first : first + size], bias[first : first + size] = w, b
            return weight, bias

        train()
        return train


VARIANTS = [
    Variant("jaxneuron auto", "auto"),
    Variant("jaxneuron moments, every step", "moments", finish_early=False),
    Variant("jaxneuron autodiff, every step", "autodiff", finish_early=False),
]
