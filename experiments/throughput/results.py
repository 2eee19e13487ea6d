"""One JSON file per machine: what it is, what runs on it, and every timing."""

import dataclasses
import json
import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from experiments.throughput.fresh_process import Fresh
from experiments.throughput.reference import Agreement
from experiments.throughput.scaling import Point
from experiments.throughput.side_by_side import Measured, SideBySide
from experiments.throughput.work import Work

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("jaxneuron", "jax", "jaxlib", "optax", "numpy", "scipy", "numba", "torch", "scikit-learn")


@dataclasses.dataclass
class Results:
    """All that was measured on one machine."""

    date: str
    machine: dict[str, str | int | float]
    versions: dict[str, str]
    side_by_side: list[SideBySide] = dataclasses.field(default_factory=list)
    scaling: list[Point] = dataclasses.field(default_factory=list)
    cold_start: list[Fresh] = dataclasses.field(default_factory=list)
    memory: list[Fresh] = dataclasses.field(default_factory=list)

    @property
    def slug(self) -> str:
        """The machine as a file's name."""
        name = f"{self.machine['cpu']} {self.machine['cores']} cores {self.machine.get('accelerator', '')}"
        return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("(r)", "")).strip("-")


def begin() -> Results:
    """Results of this machine, with nothing measured yet."""
    return Results(datetime.now(UTC).isoformat(timespec="seconds"), machine(), versions())


def machine() -> dict[str, str | int | float]:
    """CPU model, cores and memory; the accelerator, where JAX has one."""
    import jax

    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    kilobytes = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    found = {
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(kilobytes[1]) / 2**20, 1) if kilobytes else 0,
    }
    device = jax.devices()[0]
    return found if device.platform == "cpu" else found | {"accelerator": device.device_kind}


def versions() -> dict[str, str]:
    """Of Python and of every package that is measured and installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def write(results: Results, path: Path) -> None:
    """Write the file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(_plain(results), indent=1, ensure_ascii=False) + "\n")
    unfinished.replace(path)


def read(path: Path) -> Results:
    """The results of a file."""
    raw = json.loads(path.read_text())
    return Results(
        raw["date"],
        raw["machine"],
        raw["versions"],
        [
            SideBySide(Work(**one["work"]), tuple(map(_measured, one["measured"])), one["not_measured"])
            for one in raw["side_by_side"]
        ],
        [Point(**_with_work(point)) for point in raw["scaling"]],
        [Fresh(**_with_work(fresh)) for fresh in raw["cold_start"]],
        [Fresh(**_with_work(fresh)) for fresh in raw["memory"]],
    )


def _plain(value):
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Agreement):
        return {name: _plain(one) for name, one in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _measured(raw: dict) -> Measured:
    part, agreement = Work(**raw["part"]), Agreement(**raw["agreement"])
    return Measured(**raw | {"part": part, "agreement": agreement, "seconds": tuple(raw["seconds"])})


def _with_work(raw: dict) -> dict:
    seconds = {"seconds": tuple(raw["seconds"])} if "seconds" in raw else {}
    return raw | {"work": Work(**raw["work"])} | seconds
