"""Extending a run by more replicates: a new run of the larger study, which takes over what the old one holds.

A neuron depends on its cell and on its replicate, and not on how many there are. So the new run is cut into
chunks of the same shape as those of the old one, and the chunks that both have are copied.
"""

import logging

from jaxneuron.population.results import cells_of
from jaxneuron.runner.prepare import REPLICATES, check_location, cut_for, prepare
from jaxneuron.runner.program import Program
from jaxneuron.store.identity import differences
from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import check_current
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput, shown
from jaxneuron.study.counted import are, counted
from jaxneuron.study.study import Study

log = logging.getLogger(__name__)


def extend(study: Study, old: Location, location: Location, overwrite: bool = False) -> tuple[Program, bool]:
    """Make the run of a study, or open the one that is there, and copy to it what a run with fewer replicates
    holds.

    What is missing then is left to a sweep or to workers. Returns the study's program, and whether the run
    was made. BadInput, with nothing written, where the old run is another study's, has other numerics, or no
    fewer replicates.
    """
    source = Store(old)
    check_current(old)
    if old.name == location.name or (old.folder and old.folder == location.folder):
        raise BadInput(f"--extend: is the run itself, {location}; the larger run needs another --out")
    check_location(location)
    program = Program(study, cut=cut_for(study, source.attrs))
    _check_extends(program, source)
    is_new = prepare(program, location, overwrite=overwrite)
    with location.lock():
        _copy(source, Store(location, "r+"))
    return program, is_new


def _check_extends(program: Program, source: Store) -> None:
    """BadInput where what a run holds is not a part of the program's study."""
    found = {name: pair for name, *pair in differences(source.attrs["identity"], program.identity)}
    found.pop(REPLICATES, None)
    if found:
        wrong = [
            "its data are others" if name == "data" else f"{name} is {shown(old)} there and {shown(new)} here"
            for name, (old, new) in found.items()
        ]
        only = f"only {REPLICATES} may differ"
        raise BadInput(f"--extend: {source.location} holds another study: {'; '.join(wrong[:3])}; {only}")
    more, fewer = program.study.sweep.replicates, source.chunking.replicates
    if more <= fewer:
        raise BadInput(
            f"{REPLICATES}: is {more}, and {source.location} has {fewer}; it must be more than that"
        )
    if lacking := cells_of(program.study.training.method).keys() - source.cells.keys():
        raise BadInput(
            f"--extend: {source.location} has no {min(lacking)}, as it was made by an earlier version; sweep "
            "the larger study without --extend"
        )


def _copy(source: Store, target: Store) -> None:
    """Copy the whole chunks of a run that are sound, and not in the other run yet."""
    marked = target.marked()
    chunks = {
        number: target.chunking.number_at(place[:-1], place[-1])
        for number in source.marked()
        for place in [source.chunking.place(number)]
        # A block of replicates that is cut short there is longer here.
        if source.chunking[number].last_replicate % source.chunking.block == 0
    }
    wanted = [number for number, its_number in chunks.items() if its_number not in marked]
    taken = []
    for number, marker in source.markers(wanted).items():
        try:
            results = source.read(number)
        except BadInput as error:
            log.warning(f"chunk {number} is not taken over, but trained ({error})")
            continue
        target.write(chunks[number], results, marker.seconds)
        taken.append(number)
    num_taken = source.chunking.num_neurons(taken)
    log.info(f"{counted(num_taken, 'neuron')} of {source.location} {are(num_taken)} taken over")
