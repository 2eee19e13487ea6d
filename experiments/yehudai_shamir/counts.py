"""What the sweeps found beside what is known: numbers and tables."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.table import Table
from scipy.stats import chisquare

from experiments.known_answers import standard_errors
from experiments.yehudai_shamir.construction import signs
from experiments.yehudai_shamir.theory import EXPONENTS, final_loss, share_below_a_quarter, share_with
from jaxneuron import Run
from jaxneuron.analysis.intervals import Share, share_of

LEAST_EXPECTED = 10  # neurons, from which on a count is near normal
AT_A_TIME = 100_000  # neurons whose weights are in memory
ARRIVED = 1e-6  # from the target; rounding leaves less


class Counts(NamedTuple):
    """For d inputs: how many neurons have K = 0 … d weights that never move, found and known."""

    num_inputs: int
    stuck: Share  # [d + 1]
    known: np.ndarray  # [d + 1]
    errors: np.ndarray  # [d + 1], standard errors between them; NaN where fewer than LEAST_EXPECTED were due
    p_value: float  # of the chi-square test of all counts, the rare ones at either end taken together
    below: Share  # K < d/4
    below_known: float
    below_errors: float
    largest_miss: float  # of a final loss from K/(2d²), in losses of one weight
    num_others: int  # neurons of which not every weight is where it is known to be
    fates: np.ndarray  # [fates]


def counts_of(run: Run) -> Counts:
    """The counts of a run of the construction."""
    neurons = run.neurons.isel(point=0)
    d, number = neurons.sizes["input"], np.array(neurons.sizes["replicate"])
    losses = neurons.final_loss.values.astype(float) / final_loss(1, d)
    stuck = np.rint(losses).astype(int)
    num_others = 0
    for start in range(0, len(stuck), AT_A_TIME):
        part = neurons.isel(replicate=slice(start, start + AT_A_TIME)).transpose("replicate", "input")
        first, last = signs(d) * part.init_weight.values, signs(d) * part.final_weight.values
        is_known = are_known(first, last, stuck[start : start + AT_A_TIME])
        num_others += int((~is_known).sum())
    found = np.bincount(stuck, minlength=d + 1)
    known, below_known = share_with(np.arange(d + 1), d), share_below_a_quarter(d)
    below = share_of(found[: -(-d // 4)].sum(), number)
    errors = standard_errors(found / number, known, number)
    return Counts(
        num_inputs=d,
        stuck=share_of(found, np.full(d + 1, number)),
        known=known,
        errors=np.where(known * number >= LEAST_EXPECTED, errors, np.nan),
        p_value=p_value(found, known * number),
        below=below,
        below_known=float(below_known),
        below_errors=float(standard_errors(below.share, below_known, number)),
        largest_miss=float(abs(losses - stuck).max()),
        num_others=num_others,
        fates=run.pooled("fate_count").values,
    )


def are_known(first: np.ndarray, last: np.ndarray, stuck: np.ndarray) -> np.ndarray:
    """Which neurons end as is known [neurons], by z of each example at first and at last [neurons, d].

    Where z ≤ 0 the weight has not moved by a bit, all others have come to the target, and the loss says
    that it is so many that have not moved.
    """
    is_stuck = first <= 0
    has_arrived = abs(last - last.shape[-1] ** -0.5) <= ARRIVED
    return np.where(is_stuck, last == first, has_arrived).all(-1) & (is_stuck.sum(-1) == stuck)


def p_value(found: np.ndarray, expected: np.ndarray) -> float:
    """Of the chi-square test; counts at either end are added up until enough are expected in each."""
    enough = np.flatnonzero(expected >= LEAST_EXPECTED)
    edges = np.concatenate([[0], enough[1:]])
    return float(chisquare(np.add.reduceat(found, edges), np.add.reduceat(expected, edges)).pvalue)


def table_of(counts: Sequence[Counts]) -> Table:
    """A row for each number of inputs."""
    table = Table(box=None, pad_edge=False)
    names = ("d", "neurons", "largest error of a count", "chi-square p", "K < d/4", "95 % interval", "known")
    for name in (*names, "standard errors", *EXPONENTS):
        table.add_column(name, justify="right")
    for found in counts:
        d, below = found.num_inputs, found.below
        table.add_row(
            *(f"{d}", f"{found.stuck.number.sum():,}"),
            *(f"{np.nanmax(abs(found.errors)):.1f}", f"{found.p_value:.2f}"),
            *(f"{below.share:.6f}", f"{below.low:.6f}–{below.high:.6f}", f"{found.below_known:.6f}"),
            f"{found.below_errors:.1f}",
            *(f"{np.exp(-rate * d):.6f}" for rate in EXPONENTS.values()),
        )
    return table


def frame_of(counts: Sequence[Counts]) -> pd.DataFrame:
    """A row for each number of inputs and K."""
    columns = (
        {
            "inputs": found.num_inputs,
            "never_moved": np.arange(found.num_inputs + 1),
            "neurons": found.stuck.number,
            "share": found.stuck.share,
            "low": found.stuck.low,
            "high": found.stuck.high,
            "known": found.known,
            "standard_errors": found.errors,
        }
        for found in counts
    )
    return pd.concat(map(pd.DataFrame, columns))
