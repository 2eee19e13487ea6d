"""What a reader should know of how the data were read, in the log."""

import logging

from jaxneuron.runner.program import Program

log = logging.getLogger(__name__)


def log_notes(program: Program) -> None:
    """Say in the log which rows were left out, and what else is odd about the files."""
    for data in program.datasets:
        for note in data.notes:
            log.warning(note)
