"""Sweep both studies, set what they found beside what is known, and draw it."""

import sys
from pathlib import Path

from rich.console import Console

import jaxneuron as jn
from experiments.momentum.survival import draw, survival, table_of

HERE = Path(__file__).parent


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
    heavy_ball, adam = (
        jn.sweep(jn.read_study(HERE / f"{study}.toml"), folder / f"{name}.zarr")
        for study, name in (("study", "momentum"), ("adam", "momentum-adam"))
    )
    found = survival(heavy_ball, "momentum"), survival(adam, "learning_rate")
    Console(width=120).print(table_of(*found))
    print(f"at most {abs(found[0].errors).max():.1f} standard errors from what is known")
    draw(*found, HERE / "results" / "momentum.png")


if __name__ == "__main__":
    main()
