"""Figures. The numbers of each are in the file of the same name one folder up, or in `maps`; here they are
drawn. `RunPlots` and `TrainingPlots` are the way in."""

import contextlib
import os

# Notebooks hand their own backend on to commands, where it may not be installed; no figure here needs one.
_backend = os.environ.pop("MPLBACKEND", None)
import matplotlib  # noqa: E402

if _backend is not None:
    os.environ["MPLBACKEND"] = _backend
    with contextlib.suppress(ValueError):
        matplotlib.rcParams["backend"] = _backend
