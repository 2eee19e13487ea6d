"""What an actor of a cluster does: it holds one device, opens a run, and trains the chunks it is given."""

import contextlib
import os
import socket
import time

import jax

from jaxneuron.runner.dispatch import devices
from jaxneuron.runner.prepare import prepare, program_of
from jaxneuron.runner.worker import open_to_work
from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import is_run
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.study import Study


class Actor:
    """A process with one device; `folder` is the driver's, from which the paths of data files start."""

    def __init__(self, folder: str, platform: str | None) -> None:
        with contextlib.suppress(OSError):  # this machine may have none of that name
            os.chdir(folder)
        if platform is not None:
            jax.config.update("jax_platforms", platform)
        self.ended = 0.0

    def prepare(self, study: Study, name: str, overwrite: bool) -> str:
        """Make the run, or check that it is this study's; returns the name of this machine."""
        location = Location(name)
        prepare(program_of(study, location, overwrite=overwrite), location, overwrite=overwrite)
        return socket.gethostname()

    def open(self, name: str) -> None:
        """Open the run, to train chunks of it; BadInput where this machine does not see it or differs."""
        location = Location(name)
        if not is_run(location):
            raise BadInput(
                f"{name}: is not there on {socket.gethostname()}; a run must be on a file system that all "
                "machines see, or in an object store"
            )
        self.store, self.program = open_to_work(location)

    def work(self, number: int) -> None:
        """Train and write a chunk of work, unless it is done: one that is given twice is trained once."""
        began = time.monotonic()
        if not self.store.is_marked(number):
            trained, summary = self.program.train_chunk(number, devices()[0])
            seconds = time.monotonic() - max(began, self.ended)
            self.store.write(number, summary, trained, seconds)
        self.ended = time.monotonic()
