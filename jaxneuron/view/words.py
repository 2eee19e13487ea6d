"""Numbers in words, the same in a terminal, a notebook and the report."""

import math

from jaxneuron.analysis.intervals import Share


def share_in_words(share: Share, i: int | tuple[()] = ()) -> tuple[str, str]:
    """('27.92 %', '24.52–31.59'): one of several shares, and its 95 % interval in per cent."""
    value, low, high = (100 * float(part[i]) for part in (share.share, share.low, share.high))
    return f"{value:.2f} %", f"{low:.2f}–{high:.2f}"


def steps_in_words(steps: float) -> str:
    """A number of steps, whole where they are many."""
    return "∞" if math.isinf(steps) else f"{steps:,.0f}" if steps >= 100 else f"{steps:.3g}"
