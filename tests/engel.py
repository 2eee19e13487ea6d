"""Engel's households, read by NumPy: income and food expenditure."""

from pathlib import Path

import numpy as np

FILE = Path(__file__).parents[1] / "experiments" / "engel" / "engel.csv"
ROWS = np.loadtxt(FILE, delimiter=",", skiprows=1)
# Standardised, as a study has them.
X, Y = ((ROWS - ROWS.mean(0)) / ROWS.std(0)).T
# As they are when only their scale is changed: all positive.
POSITIVE_Y = ROWS[:, 1] / ROWS[:, 1].std()
