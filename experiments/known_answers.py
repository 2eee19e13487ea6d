"""What experiments with known answers share: the sweep behind them, and how far from the answer it came."""

from pathlib import Path

import click
import numpy as np

from jaxneuron import BadInput, Run, Study, read_study, sweep


def swept(study: Path | Study, out: Path) -> Run:
    """The run of a study, gone on with where it was; bad input ends the program in one line."""
    try:
        return sweep(study if isinstance(study, Study) else read_study(study), out)
    except BadInput as error:
        raise click.UsageError(str(error)) from None


def standard_errors(share: np.ndarray, known: np.ndarray, neurons: np.ndarray) -> np.ndarray:
    """How many standard errors a share of so many neurons is from the known one, elementwise.

    0 where they are equal; infinite where all or none are known to and others were found; NaN where nothing
    is known.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = (share - known) / np.sqrt(known * (1 - known) / neurons)
    return np.where(share == known, 0.0, errors)
