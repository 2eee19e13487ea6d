"""The numbers of a results file as tables: Markdown for a page, rich for a terminal."""

from collections.abc import Callable

from rich.table import Table

from experiments.throughput.results import Results
from experiments.throughput.side_by_side import Measured, SideBySide
from experiments.throughput.work import Work, spaced

BASELINE = "jaxneuron auto"
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))
EXTRAPOLATED = "†"


def peers_of(results: Results) -> list[str]:
    """Every peer that was measured or asked, in the order of the first table's rows."""
    names: dict[str, None] = {}
    for one in results.side_by_side:
        names |= dict.fromkeys([*(measured.peer for measured in one.measured), *one.not_measured])
    return list(names)


def find(one: SideBySide, peer: str) -> Measured | None:
    """A peer at a work, if it was measured."""
    return next((measured for measured in one.measured if measured.peer == peer), None)


def rate(value: float) -> str:
    """A number per second with three digits and a prefix: 41.2 M."""
    size, prefix = next((pair for pair in PREFIXES if value >= pair[0]), PREFIXES[-1])
    return f"{_digits(value / size)} {prefix}".rstrip()


def seconds(value: float) -> str:
    """Seconds with three digits."""
    return f"{_digits(value)} s" if value >= 0.1 else f"{_digits(value * 1000)} ms"


def _digits(value: float) -> str:
    if value >= 1000:
        return spaced(int(float(f"{value:.3g}")))
    return f"{value:#.3g}".rstrip(".") if value < 100 else f"{value:.0f}"


def times_cell(one: SideBySide, peer: str, new_line: str) -> str:
    """Seconds, neuron-steps per second, and how many times the baseline's seconds."""
    measured = find(one, peer)
    if measured is None:
        reason = one.not_measured.get(peer)
        return f"not measured: {reason}" if reason else "not measured"
    mark = EXTRAPOLATED if measured.is_extrapolated(one.work) else ""
    lines = [seconds(measured.median) + mark, f"{rate(one.work.neuron_steps / measured.median)}/s"]
    if baseline := find(one, BASELINE):
        lines.append(f"{_digits(measured.median / baseline.median)}×")
    return new_line.join(lines)


def agreement_cell(one: SideBySide, peer: str, new_line: str) -> str:
    """The share of the checked neurons that agree, and the largest difference."""
    measured = find(one, peer)
    if measured is None:
        return "–"
    return new_line.join([f"{measured.agreement.share:.0%}", f"{measured.agreement.largest:.0e}"])


def preparation_cell(one: SideBySide, peer: str, new_line: str) -> str:
    """Seconds of preparation: layout and compilation."""
    measured = find(one, peer)
    return "–" if measured is None else seconds(measured.prepare_seconds)


def markdown(results: Results) -> str:
    """Times, then agreement and preparation, one row per peer."""
    work = results.side_by_side
    return "\n\n".join(
        [
            f"{_machine(results)}. Each cell: seconds, neuron-steps per second"
            + (f", times the seconds of {BASELINE}." if any(find(one, BASELINE) for one in work) else "."),
            _markdown_table(results, times_cell),
            *_footnotes(results),
            "Neurons within 1e-3 of the float64 reference, and the largest difference:",
            _markdown_table(results, agreement_cell),
            "Preparation (layout and compilation), not in the times above:",
            _markdown_table(results, preparation_cell),
            *_fresh(results),
        ]
    )


def _markdown_table(results: Results, cell: Callable[[SideBySide, str, str], str]) -> str:
    heads = ["", *(f"{one.work.label()}<br>{one.work.size()}" for one in results.side_by_side)]
    rows = [heads, ["---", *("--:" for _ in results.side_by_side)]]
    rows += [[peer, *(cell(one, peer, "<br>") for one in results.side_by_side)] for peer in peers_of(results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _footnotes(results: Results) -> list[str]:
    parts: dict[str, dict[str, list[Work]]] = {}
    for one in results.side_by_side:
        for measured in one.measured:
            if measured.is_extrapolated(one.work):
                parts.setdefault(measured.peer, {}).setdefault(measured.part.size(), []).append(one.work)
    notes = []
    for peer, sizes in parts.items():
        works = {size: ", ".join(f"{work.label()}" for work in works) for size, works in sizes.items()}
        only = len(sizes) == 1
        notes.append(
            f"{peer} from "
            + "; ".join(size if only else f"{size} ({label})" for size, label in works.items())
        )
    return [f"{EXTRAPOLATED} extrapolated: {'. '.join(notes)}."] if notes else []


def _fresh(results: Results) -> list[str]:
    if not results.cold_start and not results.memory:
        return []
    cold = {fresh.peer: fresh for fresh in results.cold_start}
    memory = {fresh.peer: fresh for fresh in results.memory}
    rows = [
        [
            name,
            seconds(cold[name].seconds_to_params) if name in cold else "–",
            f"{memory[name].peak_bytes / 2**20:.0f} MiB" if name in memory else "–",
            f"{memory[name].bytes_after_imports / 2**20:.0f} MiB" if name in memory else "–",
        ]
        for name in dict.fromkeys([*cold, *memory])
    ]
    heads = ["fresh process", "start to trained params", "peak memory", "after imports"]
    lines = [heads, ["---", "--:", "--:", "--:"], *rows]
    asked = {"start to trained params": results.cold_start, "memory": results.memory}
    works = [f"{what}: {some[0].work.label()}, {some[0].work.size()}" for what, some in asked.items() if some]
    return ["\n".join(f"| {' | '.join(row)} |" for row in lines), "; ".join(works) + "."]


def _machine(results: Results) -> str:
    machine = results.machine
    accelerator = f", {machine['accelerator']}" if "accelerator" in machine else ""
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB{accelerator}"


def for_terminal(results: Results) -> Table:
    """The times, for a terminal."""
    table = Table(title=_machine(results), caption="\n".join(_footnotes(results)) or None, show_lines=True)
    table.add_column("", no_wrap=True)
    for one in results.side_by_side:
        table.add_column(f"{one.work.label()}\n{one.work.size()}", justify="right")
    for peer in peers_of(results):
        cells = (times_cell(one, peer, "\n") for one in results.side_by_side)
        table.add_row(peer, *cells, style="bold" if peer == BASELINE else None)
    return table
