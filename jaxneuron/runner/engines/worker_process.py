"""A worker as a process of its own: `python -m` this module, the run, the worker's index and their number.

It ends with 0 when its share is done, 1 where it could not go on, 2 for bad input and 130 when it is told to
end; the last line on stderr says why.
"""

import logging
import os
import signal
import sys

from jaxneuron.runner.work import Stopped
from jaxneuron.runner.worker import worker
from jaxneuron.study.bad_input import BadInput

STOPPED, BAD_INPUT, TOLD_TO_END = 1, 2, 130


def main(run: str, index: str, of: str) -> int:
    """Train the share, and say how it ended."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        worker(run, int(index), int(of))
    except KeyboardInterrupt:
        os._exit(TOLD_TO_END)  # chunks under way are in threads that Python would wait for
    except (BadInput, Stopped) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT if isinstance(error, BadInput) else STOPPED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
