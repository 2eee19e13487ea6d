"""What is known of the study: an example at x = 1 with y = 1, one at x = −1 with y = 0, no bias, w ~ N(0, 1).

The gradient is (w − 1)/2 for w > 0 and w/2 for w < 0. With κ = η/2 and c = κ − 1 a step takes w > 0 to
1 − c(w − 1) and w < 0 to −c·w.
"""

import numpy as np
from scipy.stats import norm

BOUNDARY = ((1 + 5**0.5) / 2) ** 2  # φ²


def share_that_succeeds(kappa: np.ndarray) -> np.ndarray:
    """Share of neurons that reach w = 1, for κ [...] below 2; NaN from there on, where none come to rest.

    Up to κ = 1 no step crosses 0, so the half that starts below stays there; beyond, it is thrown across.
    """
    return np.where(kappa < 2, np.where(kappa <= 1, 0.5, 1.0), np.nan)


def share_that_diverges(kappa: np.ndarray) -> np.ndarray:
    """Share of neurons that diverge in the end, for κ [...].

    Between 2 and φ² the neurons beyond the repelling cycle of two steps do: it has w = cκ/(c² − 1), which is
    the image of −w/c. All others stay inside for ever, until at φ² the orbit of w = 0 reaches the cycle.
    """
    c = kappa - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        cycle = c * kappa / (c**2 - 1)
        beyond = norm.sf(cycle) + norm.cdf(-cycle / c)
    return np.select([kappa <= 2, kappa < BOUNDARY], [0.0, beyond], 1.0)
