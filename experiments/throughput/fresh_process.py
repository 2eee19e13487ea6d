"""A peer in a process of its own: seconds from Python's start to trained params, and peak resident memory.

Run by `measure`; as a program, `python -m experiments.throughput.fresh_process MODULE NAME WORK-AS-JSON`.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from experiments.throughput.peers import MODULES, Peer, load
from experiments.throughput.work import Work, make_data

ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Fresh:
    """One process: from its start to the first trained params, and resident bytes."""

    peer: str
    work: Work
    seconds_to_params: float
    bytes_after_imports: int
    peak_bytes: int


def measure(peer: Peer, work: Work, limit: float = 300.0) -> Fresh | None:
    """The peer in a fresh process; None where it fails or takes longer than the limit."""
    module = next((m for m in MODULES if load(m) is peer), "ours")
    arguments = [module, peer.NAME, json.dumps(dataclasses.asdict(work))]
    with tempfile.TemporaryDirectory() as empty:
        # Compilers that keep their work on disk start without it.
        environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": empty, "JAX_ENABLE_COMPILATION_CACHE": "0"}
        start = time.time()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "experiments.throughput.fresh_process", *arguments],
                cwd=ROOT,
                env=environment,
                timeout=limit,
                capture_output=True,
                text=True,
                check=True,
            )
        except subprocess.SubprocessError:
            return None
    seen = json.loads(done.stdout.splitlines()[-1])
    return Fresh(peer.NAME, work, seen.pop("time") - start, **seen)


def resident(field: str) -> int:
    """Resident bytes of this process: VmRSS now, VmHWM at most."""
    # Not getrusage: a child's ru_maxrss begins at its parent's.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def main(module: str, name: str, work_json: str) -> None:
    peer = find(module, name)
    work = Work(**json.loads(work_json))
    after_imports = resident("VmRSS")
    peer.prepare(work, make_data(work))()
    seen = {"time": time.time(), "bytes_after_imports": after_imports, "peak_bytes": resident("VmHWM")}
    print(json.dumps(seen))


def find(module: str, name: str) -> Peer:
    """The peer of a module, or the variant of `ours` of that name."""
    if module != "ours":
        return load(module)
    variants = import_module("experiments.throughput.ours").VARIANTS
    return next(variant for variant in variants if name == variant.NAME)


if __name__ == "__main__":
    main(*sys.argv[1:])
