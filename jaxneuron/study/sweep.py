"""Running a study: chunk after chunk through the population, into the store."""

import contextlib
import datetime
import logging
import math
import platform
import time
from collections.abc import Callable, Generator, Mapping, Sequence
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
from jaxneuron.population.start import Start
from jaxneuron.population.summary import make_bins, summarise
from jaxneuron.population.train import train_chunk
from jaxneuron.study.bad_input import MOST_LISTED, BadInput, shown
from jaxneuron.study.create import create
from jaxneuron.study.data import Dataset, load, sha256_of, shared_probes
from jaxneuron.study.identity import checksum_of, differences, identity_of
from jaxneuron.study.location import Location
from jaxneuron.study.room import Sizes, check_room
from jaxneuron.study.run import Run, open_run
from jaxneuron.study.skeleton import check_current, is_run, open_skeleton, what_is_there
from jaxneuron.study.sources import Table
from jaxneuron.study.store import Store
from jaxneuron.study.study import Study, resolved

Progress = Callable[[int, int], None]

log = logging.getLogger(__name__)


class Stopped(RuntimeError):
    """A sweep that could not write on: what is done is kept. Its message is one line."""


def sweep(
    study: Study,
    path: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Train every neuron of the study that the run at the path does not hold yet.

    A run that was stopped is gone on with, chunks that are damaged are trained again (the log warns of
    them), and a whole run is returned as it is: whatever happened on the way, the bytes are those of a sweep
    that ran through. A path that holds a run of another study raises BadInput, unless `overwrite` replaces
    it, and so do a study that cannot be run and a lack of room; nothing is written then. Stopped tells that
    writing failed. `progress(done, total)` is called with numbers of neurons.
    """
    location = Location(path)
    if location.is_taken() and not is_run(location):
        raise BadInput(f"{path}: exists and {what_is_there(location)}; choose another --out")
    location.check()
    datasets = load(study.data)
    check_data(study, datasets)
    with jax.enable_x64(study.training.precision == "float64"):
        return _sweep(study, datasets, location, overwrite, progress or (lambda done, total: None))


def check_data(study: Study, datasets: Sequence[Dataset]) -> None:
    """BadInput where a mini-batch would be larger than the data, or the data too large for the precision."""
    size, num_examples = study.training.batch_size, len(datasets[0].y)
    if size is not None and size > num_examples:
        raise BadInput(
            f"training.batch_size: is {size}, and the data has {num_examples} examples; leave it out"
        )
    for data in datasets:
        data.check_size(study.training.precision)


def _sweep(
    study: Study,
    datasets: Sequence[Dataset],
    location: Location,
    overwrite: bool,
    progress: Progress,
) -> Run:
    design, settings, data = study.design, study.sweep, datasets[0]
    num_neurons = design.num_cells * settings.replicates
    chunk_size = settings.chunk_size or default_chunk_size(jax.default_backend(), num_neurons)
    cells, has_datasets = tuple(design.shape.values()), len(datasets) > 1
    chunking = cut_into_chunks(cells, settings.replicates, chunk_size, has_datasets=has_datasets)
    bins = make_bins(silent_loss(study, datasets), study.training.num_steps)
    config = config_of(study, data)
    identity = identity_of(study, datasets, chunking.chunk_size)
    has_neurons = settings.records == "neurons"
    num_examples, num_inputs = data.x.shape
    sizes = Sizes(
        chunking, bins, num_examples, num_inputs, study.training.precision, has_neurons, len(datasets)
    )
    if is_run(location) and not overwrite:
        check_current(location)
        check_same(location, identity)
    else:
        needs = check_room(location, sizes)
        with location.lock() if is_run(location) else contextlib.nullcontext():
            create(
                location,
                design=design,
                chunking=chunking,
                bins=bins,
                inputs=data.inputs,
                precision=study.training.precision,
                has_neurons=has_neurons,
                attrs=provenance(study, datasets, identity),
                replace=overwrite,
            )
        log.info(f"{num_neurons:,} neurons take {needs}")
    with location.lock():
        location.remove_leftovers()
        store = Store(location, "r+")
        damaged = store.damaged()
        if damaged:
            log.warning(f"{location}: {described(damaged)}; trained again")
        missing = store.missing(damaged)
        if missing:
            check_room(location, sizes, share=len(missing) / chunking.num_chunks)
        done = num_neurons - sum(chunk.num_neurons for _, chunk in missing)
        progress(done, num_neurons)
        began = time.monotonic()
        try:
            with contextlib.closing(_train(missing, study, datasets, config, chunking)) as results:
                for (number, chunk), trained in results:
                    found = summarise(trained, bins)
                    now = time.monotonic()
                    store.write(number, chunk, found, trained, seconds=now - began)
                    began, done = now, done + trained.fate.size
                    progress(done, num_neurons)
            store.add_up()
        except OSError as error:
            raise Stopped(
                f"{location}: cannot be written ({error.strerror}); {done:,} of {num_neurons:,} neurons are "
                "kept, and the same sweep goes on from there"
            ) from error
    return open_run(location.name)


def _train(
    missing: Sequence[tuple[int, Chunk]],
    study: Study,
    datasets: Sequence[Dataset],
    config: Config,
    chunking: Chunking,
) -> Generator[tuple[tuple[int, Chunk], Any], None, None]:
    """(numbered chunk, Trained) of what is missing, in its order; where nothing is, nothing is prepared."""
    if missing:
        train_chunk = chunk_trainer(study, datasets, config, chunking)
        yield from run_in_order(lambda numbered: train_chunk(numbered[1]), missing, chunks_in_flight())


def check_same(location: Location, identity: Mapping[str, Any]) -> None:
    """BadInput where the run holds something else than what is to be trained."""
    there = open_skeleton(location, "r").attrs["identity"]
    found = differences(there, identity)  # pyright: ignore[reportArgumentType]
    if not found:
        return
    wrong = "; ".join(f"{name} is {shown(old)} there and {shown(new)} here" for name, old, new in found[:3])
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    grows = {name for name, _, _ in found} <= {"sweep.replicates", "training.num_steps", "chunk_size"}
    growth = "more replicates or steps make a new run: " if grows else ""
    remedy = f"{growth}choose another --out, or --overwrite to replace it"
    raise BadInput(f"{location}: holds another run: {wrong}{more}; {remedy}")


def described(damaged: Mapping[int, str]) -> str:
    """'2 chunks are damaged: 3 (cells/fate_count), 7 (neurons/fate)'."""
    listed = [f"{number} ({path})" for number, path in damaged.items()]
    more = [f"… ({len(listed) - MOST_LISTED} more)"] if len(listed) > MOST_LISTED else []
    number = "1 chunk is" if len(damaged) == 1 else f"{len(damaged)} chunks are"
    return f"{number} damaged: {', '.join(listed[:MOST_LISTED] + more)}"


def silent_loss(study: Study, datasets: Sequence[Dataset]) -> float:
    """½·mean (γ·y)², the loss of every dead neuron: the mean over the data sets, and where γ differs between
    neurons, that of γ = 1."""
    mean_square = float(np.mean([np.mean(data.y**2) for data in datasets]))
    return 0.5 * study.fixed.get("target_scale", 1.0) ** 2 * mean_square


def chunk_trainer(
    study: Study, datasets: Sequence[Dataset], config: Config, chunking: Chunking
) -> Callable[[Chunk], Any]:
    """What trains one chunk of the study: Chunk -> Trained, as NumPy arrays with dims (*cells, replicate)."""
    design, precision = study.design, study.training.precision
    num_probes = shared_probes(datasets, precision, config)
    examples = [data.examples(precision, config, num_probes) for data in datasets]
    start, layout = make_start(study), layout_of(design, chunking)
    num_steps = study.training.num_steps

    def train_one_chunk(chunk: Chunk) -> Any:
        # A worker thread has a setting of its own.
        with jax.enable_x64(precision == "float64"):
            bounds = bounds_of(chunk, design, chunking, precision)
            dataset = chunk.start[0] if len(examples) > 1 else 0
            trained = train_chunk(bounds, layout, start, examples[dataset], config, num_steps)
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
        silence_tolerance=training.silence_tolerance,
    )


def make_start(study: Study) -> Start:
    """Where the values of the study's neurons come from, in its precision."""
    dtype = np.dtype(study.training.precision).type
    values = (
        {name: dtype(value) for name, value in study.fixed.items()},
        {name: type(d)(*map(dtype, d)) for name, d in study.drawn.items()},
    )
    return Start(jax.random.key(study.sweep.seed), *jax.device_put(values))


def provenance(study: Study, datasets: Sequence[Dataset], identity: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the bits of a run, and what a reader needs to know of its data.

    Of several data sets it holds the scaling of each, in lists, and the smallest of their stability limits:
    below it all are stable.
    """
    device, data = jax.devices()[0], datasets[0]
    limit = min(stability_limit(data.x, study.neuron.train_bias) for data in datasets)

    def of_each(values: Sequence[Any]) -> Any:
        return values[0] if len(values) == 1 else list(values)

    return {
        "study": resolved(study),
        "identity": dict(identity),
        "fingerprint": checksum_of(identity),
        "num_neurons": study.design.num_cells * study.sweep.replicates,
        "chunk_size": identity["chunk_size"],
        "data": {
            "source": of_each(study.data.files) if isinstance(study.data, Table) else "data",
            "sha256": sha256_of(datasets),
            "num_datasets": len(datasets),
            "num_examples": len(data.y),
            "inputs": list(data.inputs),
            "target": data.target,
            "x_offset": of_each([data.scaling.x_offset.tolist() for data in datasets]),
            "x_scale": of_each([data.scaling.x_scale.tolist() for data in datasets]),
            "y_offset": of_each([data.scaling.y_offset for data in datasets]),
            "y_scale": of_each([data.scaling.y_scale for data in datasets]),
            "silent_loss": silent_loss(study, datasets),
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
