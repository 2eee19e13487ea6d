"""How far a run is. A waiting user asks again and again, so nothing here needs JAX or pandas, which take a
second and a half to import."""

from rich.console import Group, RenderableType
from rich.text import Text

from jaxneuron.store.status import Status
from jaxneuron.study.counted import are, counted
from jaxneuron.view.terminal.plain import duration, plain_table


def status_table(status: Status) -> RenderableType:
    """How far a run is."""
    table = plain_table("", "chunks", "neurons", title="Status")

    def row(name: str, chunks: int, neurons: int) -> None:
        table.add_row(name, f"{chunks:,}", f"{neurons:,}")

    row("all", status.num_chunks, status.num_neurons)
    row("done", status.chunks_done, status.neurons_done)
    row("missing", status.num_chunks - status.chunks_done, status.num_neurons - status.neurons_done)
    for number, found in enumerate(status.rounds):
        row(f"round {number}", found.num_chunks, found.num_neurons)
        row("- done", found.chunks_done, found.neurons_done)
    lines = [
        f"chunk {number} is damaged ({path}); the same sweep trains it again"
        for number, path in (status.damaged or {}).items()
    ]
    for number, found in enumerate(status.rounds):
        if found.chunks_done < found.num_chunks:
            lines.append(f"round {number} is unfinished; `jaxneuron refine` resumes it")
        lines += [
            f"chunk {chunk} of round {number} is damaged ({path}); `jaxneuron refine` trains it again"
            for chunk, path in (found.damaged or {}).items()
        ]
    if status.damaged == {} and not any(found.damaged for found in status.rounds):
        lines.append("everything that is done holds what was written")
    if status.sums_missing and status.chunks_done == status.num_chunks:
        sums = counted(status.sums_missing, "sum")
        lines.append(f"{sums} of chunks {are(status.sums_missing)} missing; the same sweep adds up")
    if status.swept_by:
        lines.append(f"swept by {status.swept_by}")
    if status.neurons_per_second and status.seconds_left:
        left = duration(status.seconds_left)
        lines.append(f"{status.neurons_per_second:,.0f} neurons a second: {left} (h:mm:ss) left")
    lines += [
        f"{path}: left by a killed process that was making this run, unless one is making it now; delete it"
        for path in status.left_behind
    ]
    # Not as a caption, which would be broken to the table's width.
    return Group(table, *(Text(line, style="dim") for line in lines))
