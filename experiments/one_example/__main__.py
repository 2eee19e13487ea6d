"""Sweep the study, set what it found beside what is known, and draw both."""

import sys
from pathlib import Path

import numpy as np
from rich.console import Console

import jaxneuron as jn
from experiments.one_example.diagram import compare, draw, table_of

HERE = Path(__file__).parent


def main() -> None:
    out = sys.argv[1] if len(sys.argv) > 1 else "runs/one_example.zarr"
    diagram = compare(jn.sweep(jn.read_study(HERE / "study.toml"), out))
    Console(width=180).print(table_of(diagram))
    print(f"shares: at most {np.abs(diagram.errors).max():.1f} standard errors from what is known")
    others, number = diagram.num_other_steps, diagram.num_neurons
    print(f"death steps: {others:,} of {number:,} are not the step that is known")
    print(f"diverged: {diagram.num_diverged:,}")
    draw(diagram, HERE / "results" / "one_example.png")


if __name__ == "__main__":
    main()
