"""What every peer is given to do, and the arrays of it."""

import dataclasses
from typing import NamedTuple

import numpy as np

SEED = 1857
LARGEST_LEARNING_RATE = 1.0
SMALLEST_LEARNING_RATE = 1e-3
TEACHER_BIAS = 0.3
NOISE = 0.3


def spaced(number: int) -> str:
    """A whole number with its digits in threes: 16 384."""
    return f"{number:,}".replace(",", "\u00a0")


@dataclasses.dataclass(frozen=True)
class Work:
    """n neurons ŷ = act(w·x + b), each trained by full-batch gradient descent on mean ½(ŷ − y)²."""

    num_neurons: int = 16384
    num_examples: int = 64
    num_inputs: int = 1
    num_steps: int = 1000
    activation: str = "relu"

    @property
    def neuron_steps(self) -> int:
        """Updates of one neuron, over all neurons."""
        return self.num_neurons * self.num_steps

    @property
    def products(self) -> int:
        """Products w·x of one weight and one input, over all neurons, examples and steps."""
        return self.neuron_steps * self.num_examples * self.num_inputs

    def label(self) -> str:
        """The kind of work, in a table's head."""
        inputs = f", {self.num_inputs} inputs" if self.num_inputs > 1 else ""
        return f"{self.activation}, {spaced(self.num_examples)} examples{inputs}"

    def size(self) -> str:
        """How much of it."""
        return f"{spaced(self.num_neurons)} neurons × {spaced(self.num_steps)} steps"


class Data(NamedTuple):
    """The arrays of a work; all float32."""

    x: np.ndarray  # [examples, inputs]
    y: np.ndarray  # [examples]
    weight: np.ndarray  # [neurons, inputs], at step 0
    bias: np.ndarray  # [neurons], at step 0
    learning_rate: np.ndarray  # [neurons]

    def of_neurons(self, chosen: slice | np.ndarray) -> "Data":
        """The same examples for some of the neurons."""
        return self._replace(
            weight=self.weight[chosen], bias=self.bias[chosen], learning_rate=self.learning_rate[chosen]
        )


def make_data(work: Work, seed: int = SEED) -> Data:
    """The arrays of a work: a ReLU teacher with noise, and neurons whose learning rates are log-spaced.

    With d inputs the learning rates end at 1/d: beyond the stability limit neurons are chaotic, and the
    final params of two programs that differ in the last bit could not be compared.
    """
    rng = np.random.default_rng(seed)
    n, d = work.num_neurons, work.num_inputs
    x = rng.standard_normal((work.num_examples, d))
    teacher = rng.standard_normal(d)
    teacher /= np.linalg.norm(teacher)
    noise = NOISE * rng.standard_normal(work.num_examples)
    y = np.maximum(x @ teacher + TEACHER_BIAS, 0) + noise
    weight = rng.standard_normal((n, d), dtype=np.float32) / np.float32(np.sqrt(d))
    bias = rng.uniform(-1, 1, n)
    learning_rate = rng.permutation(np.geomspace(SMALLEST_LEARNING_RATE, LARGEST_LEARNING_RATE / d, n))
    return Data(*(a.astype(np.float32) for a in (x, y, weight, bias, learning_rate)))


def part_of(work: Work, data: Data, num_neurons: int, num_steps: int) -> tuple[Work, Data]:
    """The first neurons of a work, for fewer steps; learning rates are shuffled, so any part is a sample."""
    part = dataclasses.replace(work, num_neurons=num_neurons, num_steps=num_steps)
    return part, data.of_neurons(slice(num_neurons))


MAIN_WORKS = (
    Work(num_examples=64),
    Work(num_examples=1024),
    Work(num_examples=100_000),
    Work(num_examples=1024, activation="tanh"),
    Work(num_examples=1024, activation="gelu"),
    Work(num_neurons=1024, num_examples=1024, num_inputs=64, num_steps=100),
    Work(num_neurons=1024, num_examples=1024, num_inputs=784, num_steps=100),
)


def tiny(work: Work) -> Work:
    """A work of the same kind that takes milliseconds, to try the experiment out."""
    return dataclasses.replace(
        work,
        num_neurons=min(work.num_neurons, 256),
        num_examples=min(work.num_examples, 512) // 4,
        num_inputs=min(work.num_inputs, 16),
        num_steps=min(work.num_steps, 20),
    )
