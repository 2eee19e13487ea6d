"""The rounds that refine a run: runs inside its folder, each of the cells that one round has chosen."""

import itertools

from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import is_run
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput


def round_at(location: Location, number: int) -> Location:
    """The place of a round, from 0 on."""
    return Location(f"{location.name.rstrip('/')}/rounds/{number}")


def rounds_of(location: Location) -> list[Location]:
    """The places of the rounds that there are, finished or not."""
    places = (round_at(location, number) for number in itertools.count())
    return list(itertools.takewhile(is_run, places))


def is_whole(store: Store) -> bool:
    """Whether all chunks of a round are done."""
    return store.is_trained() and not store.num_sums_missing()


def open_rounds(location: Location, *, partial: bool) -> list[Store]:
    """The rounds of a run; if `partial`, those that are whole, and otherwise BadInput where one is not."""
    stores = [Store(place) for place in rounds_of(location)]
    whole = list(itertools.takewhile(is_whole, stores))
    if len(whole) < len(stores) and not partial:
        raise BadInput(
            f"{location}: round {len(whole)} of its refinement is unfinished; `jaxneuron refine {location}` "
            "resumes it, and --partial (partial=True) opens what is done"
        )
    return whole
