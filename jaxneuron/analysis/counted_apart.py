"""What is counted of a run's neurons beside their fates, in words."""

from jaxneuron.analysis.run import Run

# By the names of their counts: digits of the share in per cent, and what they are.
KINDS = {
    "fixed_count": (1, "fixed: their params no longer change by a bit"),
    "cycling_count": (3, "cycling: they go round for ever"),
    "undecided_count": (3, "undecided: their active examples changed too often, or too late, to be followed"),
}


def counted_apart(run: Run) -> list[str]:
    """'12.3% are fixed: …' or 'none are …', for each kind that the run counts."""
    total = int(run.cells.fate_count.sum())
    counts = {name: int(run.cells[name].sum()) for name in KINDS if name in run.cells}
    shares = {
        name: f"{count / total:.{KINDS[name][0]}%}" if count else "none" for name, count in counts.items()
    }
    return [f"{share} are {KINDS[name][1]}" for name, share in shares.items()]
