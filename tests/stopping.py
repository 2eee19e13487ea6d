"""A sweep that is stopped by its progress, as Ctrl-C in the middle would, and one that only holds its run."""

from jaxneuron.store.location import Location


class Stop(Exception):
    """What the progress raises."""


def stop_after(chunks):
    """A progress that stops the sweep when so many chunks are written."""
    told = []

    def progress(done, total):
        told.append(done)
        if len(told) > chunks:
            raise Stop

    return progress


def hold(path, locked, release):
    """Keep others out of the run at the path: what a process does that sweeps it."""
    with Location(path).lock():
        locked.set()
        release.wait()
