"""Figures by matplotlib of the numbers in `analysis`; `RunPlots` and `TrainingPlots` hold them all."""

import contextlib
import os

# Notebooks hand their own backend on to commands, where it may not be installed; no figure here needs one.
_backend = os.environ.pop("MPLBACKEND", None)
import matplotlib  # noqa: E402

if _backend is not None:
    os.environ["MPLBACKEND"] = _backend
    with contextlib.suppress(ValueError):
        matplotlib.rcParams["backend"] = _backend
