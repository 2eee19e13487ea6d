"""Making the run of a study, or checking that the one that is there can be resumed."""

import contextlib
import logging
from collections.abc import Mapping
from typing import Any

from jaxneuron.runner.notes import log_notes
from jaxneuron.runner.precision import warn_of_precision
from jaxneuron.runner.program import Program
from jaxneuron.runner.provenance import provenance
from jaxneuron.store.create import create
from jaxneuron.store.examples import study_and_arrays
from jaxneuron.store.identity import differences
from jaxneuron.store.location import Location, MadeMeanwhile
from jaxneuron.store.room import check_room
from jaxneuron.store.skeleton import check_current, check_left_behind, is_run, open_skeleton, what_is_there
from jaxneuron.study.bad_input import BadInput, shown

log = logging.getLogger(__name__)


def check_location(location: Location) -> None:
    """BadInput where a run can neither be made nor resumed."""
    if location.is_taken() and not is_run(location):
        raise BadInput(f"{location}: exists and {what_is_there(location)}; choose another --out")
    location.check()
    check_left_behind(location)


def prepare(program: Program, location: Location, *, overwrite: bool = False, processes: int = 1) -> bool:
    """Make the run where there is none yet; returns whether it was made.

    BadInput, with nothing written, where the run is another study's or has other numerics, unless
    `overwrite` replaces it, and where there is no room for it, trained by so many processes.
    """
    log_notes(program)
    if not is_run(location) or overwrite:
        needs = check_room(location, program.sizes, processes=processes)
        with contextlib.suppress(MadeMeanwhile):
            with location.lock() if is_run(location) else contextlib.nullcontext():
                create(
                    location,
                    design=program.design,
                    chunking=program.chunking,
                    bins=program.bins,
                    inputs=program.datasets[0].inputs,
                    precision=program.study.training.precision,
                    method=program.study.training.method,
                    has_neurons=program.study.sweep.records == "neurons",
                    attrs=provenance(program, location),
                    examples=study_and_arrays(program.study)[1],
                    replace=overwrite,
                )
            warn_of_precision(program)
            log.info(f"{program.num_neurons:,} neurons take {needs}")
            return True
    check_current(location)
    check_same(location, program.identity)
    return False


def check_same(location: Location, identity: Mapping[str, Any]) -> None:
    """BadInput where the run holds something else than what is to be trained, with what differs."""
    found = differences(open_skeleton(location).attrs["identity"], identity)
    if not found:
        return
    wrong = "; ".join(f"{name} is {shown(old)} there and {shown(new)} here" for name, old, new in found[:3])
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    grows = {name for name, _, _ in found} <= {"sweep.replicates", "training.num_steps", "chunk_size"}
    growth = "more replicates or steps make a new run: " if grows else ""
    remedy = f"{growth}choose another --out, or --overwrite to replace it"
    raise BadInput(f"{location}: holds another run: {wrong}{more}; {remedy}")
