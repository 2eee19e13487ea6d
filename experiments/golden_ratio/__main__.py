"""Sweep the study, set what it found beside what is known, and draw both."""

import sys
from pathlib import Path

from rich.console import Console

import jaxneuron as jn
from experiments.golden_ratio.diagram import boundary_of, compare, draw, table_of

HERE = Path(__file__).parent


def main() -> None:
    out = sys.argv[1] if len(sys.argv) > 1 else "runs/golden_ratio.zarr"
    diagram = compare(jn.sweep(jn.read_study(HERE / "study.toml"), out))
    Console(width=120).print(table_of(diagram))
    below, above = boundary_of(diagram)
    print(f"the boundary lies between κ = {below:.4f} and {above:.4f}")
    draw(diagram, HERE / "results" / "golden_ratio.png")


if __name__ == "__main__":
    main()
