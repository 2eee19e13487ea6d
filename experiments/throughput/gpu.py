"""A GPU alone: its rate by form and size, the memory it takes, and whether it finds what the CPU finds."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

import jax

import jaxneuron as jn
from experiments.throughput.work import Work, make_data
from jaxneuron.runner.program import Program

# With these hardly a neuron is at rest after so many steps: those at rest are left out.
RATES = jn.Log(1e-4, 1e-2, 256)
SIZES, NUM_STEPS, ROUNDS = (2**18, 2**20, 2**22), 960, 3
TINY = {"sizes": (256,), "num_steps": 20, "rounds": 1}  # to try it out
FORMS = {
    "moments, sgd": (1, {}),
    "moments, momentum": (1, {"optimizer": "momentum"}),
    "moments, adam": (1, {"optimizer": "adam"}),
    "at once, 1 input": (1, {"gradient": "autodiff"}),
    "at once, 64 inputs": (64, {}),
    "mini-batches of 16": (1, {"batch_size": 16}),
    "jumps": (1, {"method": "jumps", "precision": "float64"}),
}
SLOW = ("at once, 1 input", "at once, 64 inputs", "mini-batches of 16", "jumps")  # of the smallest size alone


class Rate(NamedTuple):
    """A chunk that was trained and summarised: its counts are on the host in the end."""

    form: str
    num_neurons: int
    num_steps: int
    first_seconds: float  # with compiling
    seconds: float
    peak_gb: float | None  # of the device's memory; None where it tells of none
    estimated_gb: float  # what a sweep is refused for, two chunks at a time

    @property
    def neuron_steps_per_second(self) -> float:
        return self.num_neurons * self.num_steps / self.seconds

    def __str__(self) -> str:
        peak = "" if self.peak_gb is None else f", at most {self.peak_gb:.2f} GB so far"
        return (
            f"{self.form}: {self.num_neurons:,} neurons × {self.num_steps:,} steps in {self.seconds:.3f} s, "
            f"{self.neuron_steps_per_second:.3g} neuron-steps a second; first in {self.first_seconds:.1f} s"
            f"{peak} (estimated {self.estimated_gb:.2f} GB)"
        )


def rates(
    sizes: Sequence[int] = SIZES, num_steps: int = NUM_STEPS, rounds: int = ROUNDS
) -> Iterator[Rate | str]:
    """Every form at every size, as they are measured, or what went wrong."""
    for form in FORMS:
        for size in sizes[:1] if form in SLOW else sizes:
            try:
                yield rate(form, size, num_steps, rounds)
            except Exception as error:  # whatever it is, a GPU is lent for minutes, and the rest is wanted
                said = (str(error).splitlines() or [""])[0]
                yield f"{form}: {size:,} neurons: not measured: {type(error).__name__}: {said}"


def rate(form: str, size: int, num_steps: int, rounds: int) -> Rate:
    """One form at one size."""
    num_inputs, training = FORMS[form]
    data = make_data(Work(num_neurons=1, num_examples=256, num_inputs=num_inputs))
    study = jn.Study(
        data={"x": data.x, "y": data.y},
        training={"num_steps": num_steps} | training,
        sweep={
            "learning_rate": RATES,
            "init_bias": 0.1,
            "replicates": max(size // len(RATES.values()), 1),
            "chunk_size": size,
        },
    )
    program, seconds = Program(study), []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        program.train_chunk(0)
        seconds.append(time.perf_counter() - began)
    stats = jax.local_devices()[0].memory_stats() or {}
    peak = stats.get("peak_bytes_in_use")
    return Rate(
        form,
        program.chunking[0].num_neurons,
        num_steps,
        seconds[0],
        median(seconds[1:]),
        None if peak is None else peak / 1e9,
        program.sizes.on_device() / 1e9,
    )


def run_tests() -> None:
    """Show what pytest says of the tests marked `gpu`, as it says it; of a GPU's memory they take what they
    need, not all that this process has left."""
    line = [sys.executable, "-m", "pytest", "-v", "-m", "gpu", "tests/gpu"]
    subprocess.run(line, env=os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}, check=False)
