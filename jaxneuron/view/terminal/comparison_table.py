"""The table of runs side by side."""

from collections.abc import Sequence

from rich.table import Table

from jaxneuron.analysis.comparison import Compared
from jaxneuron.analysis.in_words import number_in_words, share_in_words
from jaxneuron.neuron.fate import Fate
from jaxneuron.study.bad_input import shown
from jaxneuron.view.terminal.plain import plain_table


def comparison_table(runs: Sequence[Compared]) -> Table:
    """A row a run: what is set otherwise, its neurons by fate, and how many more of them are dead."""
    settings = [name for name in runs[0].settings if name != "data.sha256"]
    fates = [fate.label for fate in Fate]
    columns = (*settings, "neurons", *fates, "dead in all", "more than the first", "best cell", "lowest loss")
    table = plain_table("run", *columns, "as good", title=", ".join(filter(None, ["Runs", runs[0].remark])))
    for run in runs:
        share, interval = share_in_words(run.dead, ())
        more = ""
        if run.difference is not None:
            value, low, high = (100 * part for part in run.difference)
            more = f"{value:+.2f} ({low:+.2f} to {high:+.2f})"
        table.add_row(
            run.name,
            *(_shown(run.settings[name]) for name in settings),
            f"{run.neurons:,}",
            *(f"{float(run.by_fate.share[fate]):.1%}" for fate in Fate),
            f"{share} ({interval})",
            more,
            str(run.best_cell),
            number_in_words(run.lowest_loss),
            f"{run.num_as_good:,}",
        )
    same = "" if "data.sha256" in runs[0].settings else "; all on the same data"
    table.caption = (
        f"dead: born dead or died; differences in per cent with 95 % intervals (Newcombe 1998){same}; "
        "as good: cells all of whose neurons converged to within 1 % of the run's lowest loss"
    )
    return table


def _shown(value: object) -> str:
    return value if isinstance(value, str) else "–" if value is None else shown(value)
