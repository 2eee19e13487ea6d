"""What decides the bits of a run. A run is resumed only where all of it is the same."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions, version
from typing import Any

import jax
import numpy as np

from jaxneuron.neuron.gradient import choose_form
from jaxneuron.population.histograms import LEAST_LOSS_DECADE
from jaxneuron.study.data import Dataset, sha256_of
from jaxneuron.study.study import Study

# The packages whose arithmetic the results are.
NUMERICS = ("jaxneuron", "jax", "jaxlib", "optax", "numpy")
# What compiles for a GPU and runs there, of whichever version of CUDA it is.
ON_GPU = re.compile(r"jax[-_]cuda\d+[-_](pjrt|plugin)", re.IGNORECASE)
# Left out of an identity where they have these values: those of runs that do not record them, and JAX's own.
SMALLEST_BIN = "smallest bin of losses"
SMOOTH = "tanh and gelu in float32"
DRAWING = "drawing of mini-batches"
JUDGING = "evaluation of the first and the last params"
JAX_SETTINGS = {
    "jax_threefry_partitionable": True,
    "jax_default_matmul_precision": None,
    "jax_disable_jit": False,
    "jax_disable_most_optimizations": False,
    "jax_optimization_level": "UNKNOWN",
}
LEFT_OUT = {
    "training.method": "steps",
    "training.schedule": "constant",
    **dict.fromkeys(f"sweep.{name}" for name in ("final_rate", "warmup", "step_every", "clip_norm")),
    SMALLEST_BIN: "10^-10",
    SMOOTH: "by XLA's functions",
    DRAWING: "by remainder",
    JUDGING: "together",
    **JAX_SETTINGS,
    "XLA_FLAGS": "",
}
# Flags of XLA that change no bit: how many devices there are, and what it writes of its work.
HARMLESS_FLAGS = ("--xla_force_host_platform_device_count", "--xla_dump_", "--xla_gpu_dump_")
# Vector instructions, the widest first: XLA and NumPy round some functions differently in each.
VECTORS = ("AVX512_SKX", "AVX512F", "AVX2", "AVX", "SVE", "ASIMD")


def identity_of(study: Study, datasets: Sequence[Dataset], chunk_size: int) -> dict[str, Any]:
    """All that decides the bits, as plain values by name: not where the data lie, but what they are."""
    tables = study.model_dump(mode="json", include={"neuron", "training", "sweep"})
    settings = {
        f"{table}.{key}": value
        for table, keys in tables.items()
        for key, value in keys.items()
        # The chunk size below counts, whoever chose it; cells have the same bits whether others are added.
        if key not in ("chunk_size", "refine")
    }
    if study.chosen is not None:
        settings["cells"] = study.chosen.checksum
    settings |= {SMALLEST_BIN: f"10^{LEAST_LOSS_DECADE}", **compiler_settings(), **_revised(study, datasets)}
    return {
        "data": sha256_of(datasets),
        **{name: v for name, v in settings.items() if name not in LEFT_OUT or v != LEFT_OUT[name]},
        "chunk_size": chunk_size,
        "platform": jax.default_backend(),
        "processor": processor(),
        **{f"version of {name}": version(name) for name in (*NUMERICS, *_compilers())},
    }


def _revised(study: Study, datasets: Sequence[Dataset]) -> dict[str, str]:
    """How the study's results are computed, where that is not the way of earlier versions."""
    found = {}
    smooth = {"tanh", "gelu"} & {each.neuron.activation for each in study.alternatives}
    if smooth and study.training.precision == "float32":
        found[SMOOTH] = "by quotients of polynomials"
    if study.training.batch_size is not None:
        found[DRAWING] = "by product"
    if not all(form == "moments" for form in _forms(study, datasets)):
        found[JUDGING] = "apart"
    return found


def _forms(study: Study, datasets: Sequence[Dataset]) -> list[str]:
    """The form of the gradient of each alternative."""
    num_inputs, platform = datasets[0].x.shape[1], jax.default_backend()
    return [
        choose_form(each.training.gradient, each.neuron.activation, num_inputs, platform)
        for each in study.alternatives
    ]


def _compilers() -> list[str]:
    """The packages besides, where the platform is not the CPU."""
    if jax.default_backend() == "cpu":
        return []
    names = {str(distribution.metadata["Name"]) for distribution in distributions()}
    return sorted(name for name in names if ON_GPU.fullmatch(name))


def compiler_settings() -> dict[str, Any]:
    """The settings of JAX and XLA themselves that may change bits."""
    flags = [f for f in os.environ.get("XLA_FLAGS", "").split() if not f.startswith(HARMLESS_FLAGS)]
    found = {name: getattr(jax.config, name, default) for name, default in JAX_SETTINGS.items()}
    return {**found, "XLA_FLAGS": " ".join(sorted(flags))}


def processor() -> str:
    """The kind of processor, as far as it decides how results round."""
    device = jax.devices()[0]
    if device.platform != "cpu":
        return device.device_kind
    features = np._core._multiarray_umath.__cpu_features__  # pyright: ignore
    vectors = next((name for name in VECTORS if features.get(name)), "no vectors")
    return f"{platform.machine()} with {vectors}"


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(name, value there, value here) of all that differs."""
    there, here = LEFT_OUT | dict(there), LEFT_OUT | dict(here)
    names = dict.fromkeys([*here, *there])
    return [(n, there.get(n), here.get(n)) for n in names if there.get(n) != here.get(n)]
