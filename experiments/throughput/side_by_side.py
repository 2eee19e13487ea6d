"""Several peers at one work, in turns: every run's time, compilation apart, agreement with the reference."""

import dataclasses
import gc
import time
from collections.abc import Callable, Sequence
from statistics import median

from experiments.throughput import reference
from experiments.throughput.peers import Peer, Train
from experiments.throughput.work import Data, Work, make_data, part_of

ROUNDS = 5
LIMIT_SECONDS = 5.0  # of a single run; a peer that would take longer trains a part
PART_SHARE = 0.2  # of the limit: how long a run of a part should take
MIN_STEPS = 10
MIN_NEURONS = 64
PROBED_ABOVE = 2e9  # products w·x: below, every peer is fast enough to run without a trial
PROBE_ELEMENTS = 1 << 22  # neurons × examples × inputs of a trial
PAUSE_SECONDS = 0.1  # for the threads of the peer before to stop spinning


@dataclasses.dataclass(frozen=True)
class Measured:
    """A peer at a work. `seconds` are those of each run of `part`; the others are for the whole work."""

    peer: str
    part: Work
    prepare_seconds: float
    seconds: tuple[float, ...]
    median: float
    fastest: float
    slowest: float
    agreement: reference.Agreement

    def is_extrapolated(self, work: Work) -> bool:
        return self.part != work


@dataclasses.dataclass(frozen=True)
class SideBySide:
    """A work, who was measured at it, and who was not and why."""

    work: Work
    measured: tuple[Measured, ...]
    not_measured: dict[str, str]


def side_by_side(
    work: Work,
    peers: Sequence[Peer],
    rounds: int = ROUNDS,
    limit: float = LIMIT_SECONDS,
    say: Callable[[str], None] = print,
) -> SideBySide:
    """Prepare every peer, then let them run in turns, the order reversed every other round."""
    data = make_data(work)
    able = [peer for peer in peers if peer.can(work)]
    not_measured = {peer.NAME: why_not(peer, work) for peer in peers if peer not in able}
    prepared: dict[str, tuple[Work, float, Train]] = {}
    for peer in able:
        try:
            part, part_data = part_that_fits(peer, work, data, limit)
            train, seconds = timed(lambda peer=peer, part=part, some=part_data: peer.prepare(part, some))
        except Exception as error:  # one peer's failure is reported in the table, the others go on
            not_measured[peer.NAME] = f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"
            say(f"  {peer.NAME}: {not_measured[peer.NAME]}")
            continue
        prepared[peer.NAME] = part, seconds, train
        say(f"  {peer.NAME}: prepared in {seconds:.1f} s" + (f", {part.size()}" if part != work else ""))

    seconds_of: dict[str, list[float]] = {name: [] for name in prepared}
    params = {}
    for turn in range(rounds):
        gc.collect()
        names = list(prepared) if turn % 2 == 0 else list(prepared)[::-1]
        for name in names:
            params[name], seconds = rested(prepared[name][2])
            seconds_of[name].append(seconds)

    references: dict[Work, tuple] = {}
    measured = []
    for peer in able:
        if peer.NAME not in prepared:
            continue
        part, prepare_seconds, _ = prepared[peer.NAME]
        if part not in references:
            chosen = reference.checked_neurons(part.num_neurons)
            some = part_of(work, data, part.num_neurons, part.num_steps)[1].of_neurons(chosen)
            references[part] = reference.train(part, some)
        runs = tuple(seconds_of[peer.NAME])
        whole = [full_seconds(peer, work, part, seconds) for seconds in runs]
        agreement = reference.agreement(*params[peer.NAME], references[part])
        measured.append(
            Measured(peer.NAME, part, prepare_seconds, runs, median(whole), min(whole), max(whole), agreement)
        )
        say(f"  {peer.NAME}: {median(whole):.3g} s, {agreement.share:.0%} agree")
    return SideBySide(work, tuple(measured), not_measured)


def timed(call: Callable):
    """What the call returns, and the seconds it took."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def rested(train: Train):
    """`timed`, on a machine that the peer before has left alone."""
    time.sleep(PAUSE_SECONDS)
    return timed(train)


def why_not(peer: Peer, work: Work) -> str:
    """The reason why a peer cannot do a work."""
    reason = getattr(peer, "why_not", None)
    return reason(work) if reason else "cannot do this work"


def full_seconds(peer: Peer, work: Work, part: Work, seconds: float) -> float:
    """Seconds for the whole work from those for a part of it: linear in neurons and in steps."""
    if own := getattr(peer, "full_seconds", None):
        return own(work, part, seconds)
    return seconds * work.neuron_steps / part.neuron_steps


def part_that_fits(peer: Peer, work: Work, data: Data, limit: float) -> tuple[Work, Data]:
    """The whole work, or as much of it as runs within the limit: fewer steps first, then fewer neurons."""
    own = getattr(peer, "measured_part", None)
    if own and (part := own(work)):
        return part_of(work, data, *part)
    if work.products <= PROBED_ABOVE:
        return work, data
    neurons = PROBE_ELEMENTS // (work.num_examples * work.num_inputs)
    neurons = min(work.num_neurons, max(MIN_NEURONS, neurons))
    probe, probe_data = part_of(work, data, neurons, min(work.num_steps, MIN_STEPS))
    train = peer.prepare(probe, probe_data)
    train()
    expected = full_seconds(peer, work, probe, rested(train)[1])
    if expected <= limit:
        return work, data
    share = PART_SHARE * limit / expected
    num_steps = max(probe.num_steps, int(work.num_steps * share))
    share *= work.num_steps / num_steps
    num_neurons = work.num_neurons if share >= 1 else max(MIN_NEURONS, int(work.num_neurons * share))
    return part_of(work, data, min(work.num_neurons, num_neurons), num_steps)
