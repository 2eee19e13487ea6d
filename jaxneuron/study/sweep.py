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
import numpy as np

from jaxneuron.neuron.gradient import choose_form
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.neuron.train import Config
from jaxneuron.population.chunks import Chunk, Chunking, cut_into_chunks
from jaxneuron.population.dispatch import chunks_in_flight, default_chunk_size, run_in_order
from jaxneuron.population.place import bounds_of, layout_of
from jaxneuron.population.summary import Summary, make_bins, summarise
from jaxneuron.population.train import Start, train_chunk
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
    num_neurons = design.num_cells * settings.replicates
    chunk_size = settings.chunk_size or default_chunk_size(jax.default_backend(), num_neurons)
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
        done, total = 0, num_neurons
        progress(done, total)
        summary: Summary | None = None
        with contextlib.closing(run_in_order(train_chunk, chunking, chunks_in_flight())) as results:
            for chunk, trained in results:
                block = summarise(trained.fate, trained.death_step, trained.fixed_step, trained.loss, bins)
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
    config = config_of(study, data)
    examples, start, layout = data.examples(precision, config), make_start(study), layout_of(design, chunking)
    num_steps = study.training.num_steps

    def train_one_chunk(chunk: Chunk) -> Any:
        # A worker thread has a setting of its own.
        with jax.enable_x64(precision == "float64"):
            bounds = bounds_of(chunk, design, chunking, precision)
            trained = train_chunk(bounds, layout, start, examples, config, num_steps)
            return jax.tree.map(lambda values: chunking.cut(values, chunk), jax.device_get(trained))

    return train_one_chunk


def config_of(study: Study, data: Dataset) -> Config:
    """The static facts of the training; BadInput where the gradient that is asked for cannot be had."""
    training, neuron = study.training, study.neuron
    try:
        form = choose_form(training.gradient, neuron.activation, data.x.shape[1], jax.default_backend())
    except ValueError as error:
        raise BadInput(f"training.gradient: {error}") from None
    return Config(
        activation=neuron.activation,
        train_bias=neuron.train_bias,
        optimizer=training.optimizer,
        batch_size=training.batch_size,
        gradient=form,
        tolerance=training.tolerance,
        divergence_factor=training.divergence_factor,
    )


def make_start(study: Study) -> Start:
    """Where the values of the study's neurons come from, in its precision."""
    dtype = np.dtype(study.training.precision).type
    values = (
        {name: dtype(value) for name, value in study.fixed.items()},
        {name: type(d)(*map(dtype, d)) for name, d in study.drawn.items()},
    )
    return Start(jax.random.key(study.sweep.seed), *jax.device_put(values))


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
