"""What a GPU would launch of a program: compiled for an H200 on a machine without one, and read.

XLA writes down the sequence of a program's *thunks*: kernels, copies, loops and branches. A loop whose turns
are not counted when it is compiled asks the host after each of them whether there is another one.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
from jax.experimental import topologies
from jax.sharding import SingleDeviceSharding

SIZE = r"\[(\d+), (\d+), (\d+)\]"
LINE = re.compile(rf"( *)(\d+): (k\w+) (?:.*grid: {SIZE} threads: {SIZE})?")
WHILE = re.compile(r"%(while[\w.]*) = .*? while\(.*?(?:known_trip_count\":\{\"n\":\"(\d+)\"\}|$)", re.M)
NAME = re.compile(r'profile_annotation: "(.*)"\s+thunk_id: (\d+)')


@dataclass
class Thunk:
    """Something that is launched; a loop holds what is launched in each turn, a branch what may be."""

    kind: str
    threads: int = 0  # of a kernel
    turns: int | None = None  # of a loop, where they are counted
    inner: list["Thunk"] = field(default_factory=list)

    def all(self) -> Iterator["Thunk"]:
        """All that is launched within it."""
        for thunk in self.inner:
            yield thunk
            yield from thunk.all()

    @property
    def waits(self) -> bool:
        """Whether the host is asked what comes next."""
        return self.kind == "kConditional" or (self.kind == "kWhile" and self.turns is None)


@cache
def h200() -> SingleDeviceSharding:
    """Where the arrays of a program for an H200 lie."""
    target = Path(__file__).with_name("h200.txtpb").read_text("utf-8")
    topology = topologies.get_topology_desc("h200", platform="cuda", target_config=target, topology="1x1x1")
    return SingleDeviceSharding(topology.devices[0])


def launched(function, arrays, folder: Path) -> Thunk:
    """A program of arrays, as one thunk that holds all others; XLA writes into the folder, kernels too."""
    shapes = jax.tree.map(lambda v: jax.ShapeDtypeStruct(jnp.shape(v), v.dtype, sharding=h200()), arrays)
    options = {"xla_dump_to": str(folder), "xla_dump_hlo_as_text": True, "xla_dump_emitter_re": "ptx"}
    hlo = jax.jit(function).lower(*shapes).compile(compiler_options=options).as_text()
    turns = {name: int(number) for name, number in WHILE.findall(hlo) if number}
    (metadata,) = folder.glob("*.thunk_metadata.txt")
    names = {int(number): name for name, number in NAME.findall(metadata.read_text("utf-8"))}
    (sequence,) = folder.glob("*.thunk_sequence.txt")
    return read(sequence.read_text("utf-8"), {number: turns.get(name) for number, name in names.items()})


def read(sequence: str, turns: dict[int, int | None]) -> Thunk:
    """The thunks of a sequence, whose loops take so many turns, by number."""
    program, is_condition = Thunk("program"), False
    trail = [(-1, program)]  # indents, and what holds all that is indented more
    for line in sequence.splitlines():
        if line.endswith(("condition:", "body:")):  # also behind "No thunks."
            is_condition = line.endswith("condition:")
        match = LINE.match(line)
        if match is None or is_condition:  # a condition is part of its loop
            continue
        indent, number, kind, *sizes = match.groups()
        while trail[-1][0] >= len(indent):
            trail.pop()
        thunk = Thunk(kind, math.prod(int(size or 0) for size in sizes), turns.get(int(number)))
        trail[-1][1].inner.append(thunk)
        trail.append((len(indent), thunk))
    return program
