"""`python -m experiments.throughput`: measure, write the results, draw the figure, print the table."""

from pathlib import Path

import click
from rich.console import Console

from experiments.throughput import figure, ours, results, scaling, table
from experiments.throughput import gpu as gpu_alone
from experiments.throughput.peers import MODULES, Peer, load
from experiments.throughput.side_by_side import LIMIT_SECONDS, ROUNDS, side_by_side
from experiments.throughput.work import MAIN_WORKS, tiny

QUICK_ROUNDS = 2
LOG_WIDTH = 170  # of the table, where the output is no terminal


@click.command()
@click.option("--quick", is_flag=True, help="Tiny works, to try it out: the numbers mean nothing.")
@click.option("--gpu", is_flag=True, help="Only jaxneuron on a GPU: its rates, memory and tests.")
@click.option("--only", multiple=True, help="Only peers with this in their name or module; may be repeated.")
@click.option("--skip-scaling", is_flag=True, help="Only the main table: no axes, no fresh processes.")
@click.option("--rounds", default=ROUNDS, show_default=True, help="Runs of each peer at each work.")
@click.option(
    "--limit",
    default=LIMIT_SECONDS,
    show_default=True,
    help="Seconds of a run; longer ones are extrapolated.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The results file [results/MACHINE.json].")
def main(
    quick: bool,
    gpu: bool,
    only: tuple[str, ...],
    skip_scaling: bool,
    rounds: int,
    limit: float,
    out: Path | None,
) -> None:
    """Train many single neurons with jaxneuron and with its peers, side by side."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=LOG_WIDTH)
    if gpu:
        for rate in gpu_alone.rates(**gpu_alone.TINY if quick else {}):
            console.print(str(rate), highlight=False, markup=False, soft_wrap=True)
        gpu_alone.run_tests()
        return
    measured = results.begin()
    path = out or results.FOLDER / f"{'quick-' if quick else ''}{measured.slug}.json"
    variants, peers = all_peers(only)
    everyone = [*variants, *peers.values()]
    if not everyone:
        raise click.UsageError(f"no peer has {' or '.join(only)} in its name")

    def say(line: str) -> None:
        console.print(line, style="dim", highlight=False)

    size, rounds = (tiny, QUICK_ROUNDS) if quick else (lambda work: work, rounds)
    for work in dict.fromkeys(map(size, MAIN_WORKS)):
        console.print(f"{work.label()}, {work.size()}")
        measured.side_by_side.append(side_by_side(work, everyone, rounds, limit, say))
        results.write(measured, path)

    if not skip_scaling:
        chosen = [*variants, *(peers[module] for module in scaling.SCALED if module in peers)]
        for axis in scaling.TINY_AXES if quick else scaling.AXES:
            console.print(f"over {axis.field}")
            for peer in chosen:
                measured.scaling += scaling.along(axis, peer, say=say)
                results.write(measured, path)
        console.print("in fresh processes")
        cold = [*variants, *(peers[module] for module in scaling.COLD if module in peers)]
        measured.cold_start = scaling.in_fresh_processes(cold, size(scaling.COLD_WORK), say)
        # In a trial the slow starts are not repeated.
        others = [peer for peer in chosen if not quick or peer not in cold]
        measured.memory = scaling.in_fresh_processes(others, size(scaling.MEMORY_WORK), say)
        results.write(measured, path)

    figure.draw(figure.comparison(measured), path.with_suffix(".png"))
    path.with_suffix(".md").write_text(table.markdown(measured) + "\n")
    console.print(table.for_terminal(measured))
    console.print(f"Written: {path} and beside it .md and .png", soft_wrap=True)


def all_peers(only: tuple[str, ...]) -> tuple[list[Peer], dict[str, Peer]]:
    """The variants of jaxneuron, and the other peers by module; only those asked for."""

    def is_asked_for(*names: str) -> bool:
        return not only or any(part.lower() in name.lower() for part in only for name in names)

    loaded = {module: load(module) for module in MODULES}
    return (
        [variant for variant in ours.VARIANTS if is_asked_for("ours", variant.NAME)],
        {module: peer for module, peer in loaded.items() if is_asked_for(module, peer.NAME)},
    )


if __name__ == "__main__":
    main()
