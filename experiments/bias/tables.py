"""The shares as a table to read and as one to keep."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from rich.table import Table

from experiments.bias.shares import Along, Found, Known

SHOWN_BIASES = (-1.0, 0.0, 0.5, 1.0)
SHOWN_STDS = (1.0,)


def table_of(sets: Sequence[Found]) -> Table:
    """Some initial biases of each data set, at its learning rate."""
    table = Table(box=None, pad_edge=False)
    for name in ("data", "rate", "initial bias"):
        table.add_column(name, justify="left" if name == "data" else "right")
    for name in ("born dead", "known", "errors", "died, b trained", "died, b as it was", "known", "errors"):
        table.add_column(name, justify="right")
    for found in sets:
        for values, rows, name in (
            (SHOWN_BIASES, found.biases, "{:g}"),
            (SHOWN_STDS, found.stds, "N(0, {:g}²)"),
        ):
            for value in values:
                i = int(np.argmin(abs(rows.values - value)))
                table.add_row(
                    *(found.name, f"{found.rate:g}", name.format(rows.values[i])),
                    *_texts(rows.born_dead, i),
                    f"{rows.died_trained.share[i]:.4f}",
                    *_texts(rows.died_untrained, i),
                )
    return table


def _texts(share: Known, i: int) -> Iterator[str]:
    yield f"{share.found.share[i]:.4f}"
    for number, digits in ((share.known[i], 4), (share.errors[i], 1)):
        yield "–" if np.isnan(number) else f"{number:.{digits}f}"


def largest_error(sets: Sequence[Found], name: str) -> float:
    """Of all standard errors between found and known: of those `born_dead`, or those `died_untrained`."""
    rows = [along for found in sets for along in (found.biases, found.stds, found.rates)]
    return float(np.nanmax(abs(np.concatenate([getattr(along, name).errors for along in rows]))))


def frame_of(sets: Sequence[Found]) -> pd.DataFrame:
    """A row for each value along each of what was swept."""
    return pd.concat(
        _columns(found, name, getattr(found, field))
        for found in sets
        for name, field in (("init_bias", "biases"), ("std_of_init_bias", "stds"), ("learning_rate", "rates"))
    )


def _columns(found: Found, name: str, along: Along) -> pd.DataFrame:
    shares = {
        "born_dead": along.born_dead.found,
        "died_trained": along.died_trained,
        "died_untrained": along.died_untrained.found,
    }
    columns = {
        f"{share}_{field}".removesuffix("_share"): values
        for share, fields in shares.items()
        for field, values in fields._asdict().items()
        if field != "number"
    }
    known = {"born_dead_known": along.born_dead.known, "died_untrained_known": along.died_untrained.known}
    return pd.DataFrame({"data": found.name, "along": name, "value": along.values, **columns, **known})
