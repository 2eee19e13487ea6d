"""How far from a known answer an experiment came."""

import numpy as np


def standard_errors(share: np.ndarray, known: np.ndarray, neurons: np.ndarray) -> np.ndarray:
    """How many standard errors a share of so many neurons is from the known one, elementwise.

    0 where they are equal; infinite where all or none are known to and others were found; NaN where nothing
    is known.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = (share - known) / np.sqrt(known * (1 - known) / neurons)
    return np.where(share == known, 0.0, errors)
