"""Running a study: chunk after chunk through the population, into the store."""

import contextlib
import datetime
import math
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxneuron.neuron.stability import stability_limit
from jaxneuron.population.chunks import Chunk, Chunking, cut_into_chunks
from jaxneuron.population.dispatch import chunks_in_flight, default_chunk_size, run_in_order
from jaxneuron.population.summary import Summary, make_bins, summarise
from jaxneuron.population.train import Start, train_population
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import Dataset, load
from jaxneuron.study.run import Run, open_run
from jaxneuron.study.store import RunWriter, check_free
from jaxneuron.study.study import Study, resolved

Progress = Callable[[int, int], None]


def sweep(
    study: Study, path: str | Path, *, overwrite: bool = False, progress: Progress | None = None
) -> Run:
    """Train every neuron of the study and write the run to the path.

    `progress(done, total)` is called with numbers of neurons. A study that cannot be run, or a path that
    is taken, raises BadInput before anything is written; a sweep that is stopped leaves nothing behind.
    """
    path = Path(path)
    check_free(path, overwrite)
    data = load(study.data)
    check_batch(study, data)
    with jax.enable_x64(study.training.precision == "float64"):
        return _sweep(study, data, path, progress or (lambda done, total: None))


def check_batch(study: Study, data: Dataset) -> None:
    """BadInput where a mini-batch would be larger than the data."""
    size = study.training.batch_size
    if size is not None and size > len(data.y):
        raise BadInput(
            f"training.batch_size: is {size}, and the data has {len(data.y)} examples; leave it out"
        )


def _sweep(study: Study, data: Dataset, path: Path, progress: Progress) -> Run:
    began = time.time()
    design, settings = study.design, study.sweep
    chunk_size = settings.chunk_size or default_chunk_size(jax.default_backend())
    chunking = cut_into_chunks(tuple(design.shape.values()), settings.replicates, chunk_size)
    bins = make_bins(0.5 * float(np.mean(data.y**2)), study.training.num_steps)
    train_chunk = chunk_trainer(study, data, chunking)
    writer = RunWriter(
        path,
        design=design,
        chunking=chunking,
        bins=bins,
        inputs=data.inputs,
        precision=study.training.precision,
        neurons=settings.records == "neurons",
        attrs=provenance(study, data, chunking),
    )
    try:
        done, total = 0, design.num_cells * settings.replicates
        progress(done, total)
        summary: Summary | None = None
        with contextlib.closing(run_in_order(train_chunk, chunking, chunks_in_flight())) as results:
            for chunk, trained in results:
                block = summarise(trained.fate, trained.death_step, trained.loss, bins)
                # Chunks that share their cells follow one another.
                summary = block if summary is None else summary + block
                if chunk.last_replicate == settings.replicates:
                    writer.write_cells(chunk, summary)
                    summary = None
                writer.write_neurons(chunk, trained)
                done += trained.fate.size
                progress(done, total)
        writer.finish({"training_seconds": round(time.time() - began, 3)})
    except BaseException:
        writer.discard()
        raise
    return open_run(path)


def chunk_trainer(study: Study, data: Dataset, chunking: Chunking) -> Callable[[Chunk], Any]:
    """What trains one chunk of the study: Chunk -> Trained, as NumPy arrays with dims (*cells, replicate)."""
    design, precision = study.design, study.training.precision
    examples, config = data.examples(precision), study.config
    start = make_start(study)

    def train_chunk(chunk: Chunk) -> Any:
        # A worker thread has a setting of its own.
        with jax.enable_x64(precision == "float64"):
            cells, replicates = chunking.neurons(chunk)
            swept = {name: jnp.asarray(values, precision) for name, values in design.values(cells).items()}
            trained = train_population(
                jnp.asarray(cells, jnp.uint32),
                jnp.asarray(replicates, jnp.uint32),
                swept,
                start,
                examples,
                config,
                study.training.num_steps,
            )
            return jax.tree.map(lambda values: chunking.cut(values, chunk), jax.device_get(trained))

    return train_chunk


def make_start(study: Study) -> Start:
    """Where the values of the study's neurons come from, in its precision."""
    precision = study.training.precision
    return Start(
        seed=jax.random.key(study.sweep.seed),
        fixed={name: jnp.asarray(value, precision) for name, value in study.fixed.items()},
        drawn={name: type(d)(*jnp.asarray(d, precision)) for name, d in study.drawn.items()},
    )


def provenance(study: Study, data: Dataset, chunking: Chunking) -> dict[str, Any]:
    """What decides the bits of a run, and what a reader needs to know of its data."""
    device = jax.devices()[0]
    limit = stability_limit(data.x, study.neuron.train_bias)
    return {
        "study": resolved(study),
        "num_neurons": study.design.num_cells * study.sweep.replicates,
        "chunk_size": chunking.chunk_size,
        "data": {
            "source": data.source,
            "sha256": data.sha256,
            "num_examples": len(data.y),
            "inputs": list(data.inputs),
            "target": data.target,
            "x_offset": data.scaling.x_offset.tolist(),
            "x_scale": data.scaling.x_scale.tolist(),
            "y_offset": data.scaling.y_offset,
            "y_scale": data.scaling.y_scale,
            "silent_loss": 0.5 * float(np.mean(data.y**2)),
            "stability_limit": limit if math.isfinite(limit) else None,
        },
        "versions": {
            name: version(name) for name in ("jaxneuron", "jax", "jaxlib", "optax", "numpy", "zarr")
        },
        "python": platform.python_version(),
        "platform": device.platform,
        "device": device.device_kind,
        "began": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
