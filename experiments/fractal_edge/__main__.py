"""Measure every case, look at rounding, and draw: everything that the page says."""

import json
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from experiments.fractal_edge.cases import CASES
from experiments.fractal_edge.figures import draw_dimensions, draw_planes, draw_precision, draw_zooms
from experiments.fractal_edge.itineraries import count_itineraries
from experiments.fractal_edge.measure import measure
from experiments.fractal_edge.precision import artefacts, check_clear

RESULTS = Path(__file__).parent / "results"
# Cases that are stepped in extended precision: points near the boundary, and the side of their boxes.
CLEAR = {"one_weight": (100_000, 1e-2), "three": (100_000, 1e-2), "engel": (50_000, 1e-2)}
DEPTH = {"one_weight": 17, "three": 15}


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True, help="Folder of results."
)
def main(out: Path) -> None:
    """Measure the dimension of every case in up to three ways, what rounding does, and draw both."""
    began = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)

    def say(what: str) -> None:
        click.echo(f"{time.perf_counter() - began:5.0f} s  {what}", err=True)

    found: dict[str, Any] = {"cases": {}, "clear": {}, "artefacts": {}, "itineraries": {}}
    for number, (name, case) in enumerate(CASES.items()):
        found["cases"][name] = measure(case, np.random.default_rng(number))
        say(name)
    for name in ("one_weight", "two", "three"):
        found["itineraries"][name] = count_itineraries(CASES[name].plane, np.random.default_rng(0))
        say(f"{name}: itineraries {found['itineraries'][name]}")
    for name, (points, side) in CLEAR.items():
        found["clear"][name] = check_clear(CASES[name].plane, points, side, np.random.default_rng(100))
        say(f"{name}: {found['clear'][name]}")
    for name, depth in DEPTH.items():
        found["artefacts"][name] = artefacts(CASES[name].plane, depth, np.random.default_rng(200))
        say(f"{name}: artefacts")
    (out / "fractal_edge.json").write_text(json.dumps(found, indent=1) + "\n")
    Console(width=120).print(table_of(found["cases"]))
    draw_planes(out / "planes.png")
    draw_zooms(out / "zooms.png")
    draw_dimensions(found["cases"], out / "dimensions.png")
    draw_precision(found["artefacts"], out / "precision.png")
    say("drawn")


def table_of(cases: dict[str, Any]) -> Table:
    """A row for each case: its dimension by every way, and by the coarse and the fine half of the scales."""
    table = Table(box=None, pad_edge=False)
    for title in ("case", "known", "boxes", "pairs", "growth", "halves of pairs", "agree", "undecided"):
        table.add_column(title, justify="left" if title == "case" else "right")
    for case in cases.values():
        estimates = case["dimension"]
        texts = [_text(estimates[way]) if way in estimates else "" for way in ("boxes", "pairs", "growth")]
        known = f"{case['known']:.4f}" if case["known"] else ""
        halves = ", ".join(f"{half[0]:.2f}" for half in case["halves"]["pairs"])
        table.add_row(
            case["name"],
            known,
            *texts,
            halves,
            "yes" if case["agree"] else "no",
            f"{case['ends']['undecided']:.4f}",
        )
    return table


def _text(estimate: tuple[float, float, float]) -> str:
    value, low, high = estimate
    return f"{value:.3f} ({low:.3f}, {high:.3f})"


if __name__ == "__main__":
    main()
