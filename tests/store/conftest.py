"""The runs that tests of the store share, as fixtures of all of them."""

from tests.store.runs import sound, stopped_after_one_chunk, swept, unfinished, whole  # noqa: F401
