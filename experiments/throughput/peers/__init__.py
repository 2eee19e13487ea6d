"""The programs that are measured, one file each."""

import dataclasses
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

import numpy as np

from experiments.throughput.work import Data, Work

Train = Callable[[], tuple[np.ndarray, np.ndarray]]

MODULES = (
    "textbook_jax",
    "textbook_optax",
    "torch_eager",
    "torch_compiled",
    "numpy_vectorised",
    "numba_examples",
    "numba_prefix_sums",
    "sklearn_loop",
)


class Peer(Protocol):
    """A program that trains all neurons of a work.

    `prepare` does what needs no values of the data: the layout of the arrays and the compilation. What
    it returns trains all neurons from their initial params and gives weight [neurons, inputs] and bias
    [neurons]. A peer may have besides: `why_not(work)`, the reason why it cannot; `measured_part(work)`, the
    neurons and steps that are measured (None: what a trial says), and `full_seconds(work, part, seconds)`.
    """

    NAME: str

    def can(self, work: Work) -> bool: ...

    def prepare(self, work: Work, data: Data) -> Train: ...


@dataclasses.dataclass(frozen=True)
class Missing:
    """A peer whose package is not installed."""

    NAME: str
    package: str

    def can(self, work: Work) -> bool:
        return False

    def why_not(self, work: Work) -> str:
        return f"{self.package} is not installed"

    def prepare(self, work: Work, data: Data) -> Train:
        raise ModuleNotFoundError(self.why_not(work))


def load(module: str) -> Peer:
    """The peer of a module; imported only now, as a fresh process needs one of them."""
    try:
        return import_module(f"{__name__}.{module}")
    except ModuleNotFoundError as error:
        return Missing(module, error.name or module)
