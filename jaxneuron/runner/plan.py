"""What a study will take: neurons, memory and disk by calculation, time by training some of its chunks."""

import math
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from jaxneuron.runner.dispatch import Device, chunks_in_flight, devices, share_out
from jaxneuron.runner.precision import warn_of_precision
from jaxneuron.runner.program import Program
from jaxneuron.store.room import Needs, check_memory
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.sections import Training
from jaxneuron.study.study import Study

SECONDS_TO_MEASURE = 10.0
# Of training by steps, to compare it with jumps: these times as many steps take so many times as long.
FEW_STEPS = 2000
MOST_MEASURED = 64


class OtherMethod(NamedTuple):
    """How long the chunks take by the other method, `jumps` or `steps`, in float64."""

    method: str
    neurons_per_second: float
    is_scaled: bool  # from fewer steps than the study's, as if no neuron came to rest later than those


class Plan(NamedTuple):
    """What a study takes; `chunk_seconds` are those of the chunks that were trained to measure it.

    `neurons_per_second` is what the devices of this process train together.
    """

    num_neurons: int
    num_steps: float
    num_cells: int
    num_chunks: int
    chunk_size: int
    num_objects: int
    needs: Needs
    device: str
    num_devices: int
    chunks_in_flight: int  # of each device
    seconds_to_begin: float  # to read the data, to compile, and to train the first chunk
    chunk_seconds: Sequence[float]
    neurons_per_second: float
    other: OtherMethod | None  # where there is one

    @property
    def times_faster(self) -> float | None:
        """How many times as fast the other method is."""
        return self.other and self.other.neurons_per_second / self.neurons_per_second

    @property
    def neuron_steps(self) -> float:
        """Steps of all neurons, also those that are not taken because nothing changes any more."""
        return self.num_neurons * self.num_steps

    @property
    def device_seconds(self) -> float:
        """Seconds that one device like those here would take, apart from beginning."""
        return self.num_devices * self.num_neurons / self.neurons_per_second

    def seconds(self, num_devices: int) -> float:
        """Seconds that so many devices would take, each with whole chunks."""
        lanes = num_devices * self.chunks_in_flight
        rounds = -(-self.num_chunks // lanes)
        of_a_round = self.device_seconds * self.chunks_in_flight / self.num_chunks
        return self.seconds_to_begin + rounds * of_a_round


def plan(study: Study, *, seconds: float = SECONDS_TO_MEASURE) -> Plan:
    """What the study takes, trained on devices like those of this process; nothing is written.

    One chunk is trained, and then for about so many seconds more of them, which lie spread over the study, as
    chunks differ: neurons that come to rest take no further time. BadInput where the study cannot be run, or
    there is no room for a chunk. Where the study could be trained by jumps as well as by steps, some chunks
    are trained by the other method too, unless there are no seconds to measure.
    """
    began = time.monotonic()
    program = Program(study)
    program.log_notes()
    warn_of_precision(program)
    needs = check_memory("the study", program.sizes)
    chunking, in_flight = program.chunking, chunks_in_flight()
    middle = chunking.num_chunks // 2
    _measure(program, [middle])
    seconds_to_begin = time.monotonic() - began
    once, _ = _measure(program, [middle])
    rounds = max(1, int(seconds / max(once, 1e-6)))
    number = min(rounds * len(devices()) * in_flight, MOST_MEASURED, chunking.num_chunks)
    numbers = [int((i + 0.5) * chunking.num_chunks / number) for i in range(number)]
    together, chunk_seconds = _measure(program, numbers)
    return Plan(
        num_neurons=program.num_neurons,
        num_steps=study.training.num_steps,
        num_cells=program.design.num_cells,
        num_chunks=chunking.num_chunks,
        chunk_size=chunking.chunk_size,
        num_objects=program.sizes.num_objects(),
        needs=needs,
        device=devices()[0].device_kind,
        num_devices=len(devices()),
        chunks_in_flight=in_flight,
        seconds_to_begin=seconds_to_begin,
        chunk_seconds=chunk_seconds,
        neurons_per_second=chunking.num_neurons(numbers) / together,
        other=_other_method(study, program, numbers) if seconds else None,
    )


def _other_method(study: Study, program: Program, numbers: Sequence[int]) -> OtherMethod | None:
    """What the other method makes of some of these chunks; None where there is none to choose."""
    settings: dict[str, Any] = study.training.model_dump() | {"precision": "float64"}
    if study.training.method == "jumps":
        if math.isinf(study.training.num_steps):
            return None  # steps never end
        settings |= {"method": "steps", "num_steps": min(study.training.num_steps, FEW_STEPS)}
    else:
        settings |= {"method": "jumps"}
    try:
        other = study.model_copy(update={"training": Training(**settings)})
        if settings["method"] == "jumps" and other.objection_to_jumps:
            return None
        found = Program(other, program.datasets)
    except BadInput:
        return None  # several inputs
    _measure(found, [numbers[len(numbers) // 2]])
    some = numbers[: chunks_in_flight() * len(devices())]
    seconds, _ = _measure(found, some)
    scale = study.training.num_steps / settings["num_steps"] if settings["num_steps"] else 1.0
    per_second = program.chunking.num_neurons(some) / seconds / scale
    return OtherMethod(settings["method"], per_second, is_scaled=scale > 1)


def _measure(program: Program, numbers: Sequence[int]) -> tuple[float, list[float]]:
    """Seconds that it takes to train these chunks on all devices, and those of each chunk."""

    def seconds_of(device: Device, number: int) -> float:
        began = time.monotonic()
        program.train_chunk(number, device)
        return time.monotonic() - began

    began = time.monotonic()
    timed = {device: partial(seconds_of, device) for device in devices()}
    chunk_seconds = [seconds for _, seconds in share_out(timed, numbers, chunks_in_flight())]
    return time.monotonic() - began, chunk_seconds
