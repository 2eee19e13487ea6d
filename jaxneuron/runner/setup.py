"""All that a study decides before its first chunk is trained: data, chunks, bins, program, identity."""

import dataclasses
import datetime
import logging
import math
import platform
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import jax
import numpy as np

from jaxneuron.neuron.gradient import choose_form
from jaxneuron.neuron.hyperparams import Config
from jaxneuron.neuron.optimizers import squares_gradient
from jaxneuron.neuron.stability import stability_limit
from jaxneuron.neuron.train import Trained
from jaxneuron.population.chunks import Chunking, cut_into_chunks
from jaxneuron.population.dispatch import Device, default_chunk_size
from jaxneuron.population.place import bounds_of, layout_of
from jaxneuron.population.start import Start
from jaxneuron.population.summary import Bins, Summary, make_bins, summarise
from jaxneuron.population.train import train_chunk
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.identity import identity_of
from jaxneuron.store.room import Sizes
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import Dataset, load, sha256_of, shared_probes
from jaxneuron.study.quantity import largest_magnitude
from jaxneuron.study.sources import Table
from jaxneuron.study.study import Study, resolved

log = logging.getLogger(__name__)

ChunkTrainer = Callable[[int], tuple[Trained, Summary]]


@dataclasses.dataclass(frozen=True)
class Setup:
    """A study, its data, and how it is cut into chunks and trained."""

    study: Study
    datasets: Sequence[Dataset]
    chunking: Chunking
    bins: Bins
    config: Config

    @property
    def num_neurons(self) -> int:
        return math.prod(self.chunking.cells) * self.chunking.replicates

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides the bits."""
        return identity_of(self.study, self.datasets, self.chunking.chunk_size)

    @property
    def sizes(self) -> Sizes:
        """What decides how much room it takes."""
        num_examples, num_inputs = self.datasets[0].x.shape
        has_neurons = self.study.sweep.records == "neurons"
        precision = self.study.training.precision
        return Sizes(
            self.chunking,
            self.bins,
            num_examples,
            num_inputs,
            precision,
            has_neurons,
            self.study.training.method,
            len(self.datasets),
        )

    def trainers(self, devices: Sequence[Device]) -> dict[Device, ChunkTrainer]:
        """What trains a chunk of work on each device: its number -> (Trained, Summary), as NumPy arrays with
        dims (*cells, replicate)."""
        study, chunking, config = self.study, self.chunking, self.config
        design, precision, num_steps = study.design, study.training.precision, study.training.num_steps
        layout = layout_of(design, chunking)
        with jax.enable_x64(precision == "float64"):
            num_probes = shared_probes(self.datasets, precision, config)
            shared = (
                make_start(study),
                [data.examples(precision, config, num_probes) for data in self.datasets],
            )

        def trainer(device: Device) -> ChunkTrainer:
            start, examples = jax.device_put(shared, device)

            def train(number: int) -> tuple[Trained, Summary]:
                chunk = chunking[number]
                dataset = chunk.start[0] if len(examples) > 1 else 0
                # A thread has settings of its own. What is on a device is worked on there.
                with jax.enable_x64(precision == "float64"):
                    bounds = bounds_of(chunk, design, chunking, precision)
                    trained = train_chunk(bounds, layout, start, examples[dataset], config, num_steps)
                    cut = jax.tree.map(lambda values: chunking.cut(values, chunk), jax.device_get(trained))
                return cut, summarise(cut, self.bins)

            return train

        return {device: trainer(device) for device in devices}


def set_up(study: Study) -> Setup:
    """Load the study's data and cut it into chunks; BadInput where it cannot be run."""
    check_device()
    datasets = load(study.data)
    check_data(study, datasets)
    replicates = study.sweep.replicates
    num_neurons = study.design.num_cells * replicates
    chunk_size = study.sweep.chunk_size or default_chunk_size(jax.default_backend(), num_neurons)
    cells = tuple(study.design.shape.values())
    return Setup(
        study,
        datasets,
        chunking=cut_into_chunks(cells, replicates, chunk_size, has_datasets=len(datasets) > 1),
        bins=make_bins(silent_loss(study, datasets), study.training.num_steps),
        config=config_of(study, datasets[0]),
    )


def check_device() -> None:
    """BadInput where JAX has no device of the kind that its settings ask for."""
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        said = str(error).splitlines() or [f"{jax.config.values['jax_platforms']} is not installed"]
        raise BadInput(f"JAX_PLATFORMS: no such device can be had here ({said[0]}); leave it out") from None


def check_data(study: Study, datasets: Sequence[Dataset]) -> None:
    """BadInput where a mini-batch would be larger than the data, or the data too large for the precision."""
    size, num_examples = study.training.batch_size, len(datasets[0].y)
    if size is not None and size > num_examples:
        raise BadInput(
            f"training.batch_size: is {size}, and the data has {num_examples} examples; leave it out"
        )
    for data in datasets:
        data.check_size(study.training.precision, study.training.optimizer)


def warn_of_precision(setup: Setup) -> None:
    """Lines in the log where the precision may decide what becomes of neurons."""
    _warn_of_rounding(setup)
    _warn_of_squares(setup)


def _warn_of_rounding(setup: Setup) -> None:
    """A line in the log where rounding leaves larger gradients than those that count as converged."""
    tolerance, precision = setup.config.tolerance, setup.study.training.precision
    data = max(setup.datasets, key=lambda data: data.gradient_floor(precision))
    floor = data.gradient_floor(precision)
    if 0 < tolerance < floor:
        # On inputs and targets about 1 so much is left as the spacing.
        helps = {
            'precision = "float64"': precision == "float32",
            'scale = "standard"': tolerance > np.finfo(precision).eps,
        }
        remedies = ", ".join(remedy for remedy, is_so in helps.items() if is_so)
        log.warning(
            f"{data.source}: rounding in {precision} leaves gradients up to about {floor:.0e}, above the "
            f"tolerance of {tolerance:.0e}: who has converged may be told unsettled; "
            f"{remedies + ' or ' if remedies else ''}a larger tolerance avoids it"
        )


def _warn_of_squares(setup: Setup) -> None:
    """A line in the log where learning rates lead to gradients that are too large to be squared.

    Optimizers that square the gradient take steps of about the learning rate, whatever the gradient; some of
    them lead ten times as far. The gradient is about x·(W·x + b).
    """
    training, rate = setup.study.training, setup.study.quantities["learning_rate"]
    largest_x = max(1.0, *(float(np.abs(data.x).max(initial=0)) for data in setup.datasets))
    most = math.sqrt(np.finfo(training.precision).max) / (10 * largest_x**2)
    largest = largest_magnitude(rate)
    if squares_gradient(training.optimizer) and largest > most:
        log.warning(
            f"sweep.learning_rate: has {largest:.3g}; with inputs up to {largest_x:.3g} {training.optimizer} "
            f"can square gradients in {training.precision} up to about {most:.1g}: beyond, updates may be 0"
        )


def silent_loss(study: Study, datasets: Sequence[Dataset]) -> float:
    """½·mean (γ·y)², the loss of every dead neuron: the mean over the data sets, and where γ differs between
    neurons, that of γ = 1."""
    mean_square = float(np.mean([np.mean(data.y**2) for data in datasets]))
    return 0.5 * study.fixed.get("target_scale", 1.0) ** 2 * mean_square


def config_of(study: Study, data: Dataset) -> Config:
    """The static facts of the training; BadInput where the gradient that is asked for cannot be had."""
    training, neuron = study.training, study.neuron
    num_inputs = data.x.shape[1]
    if training.method == "jumps" and num_inputs != 1:
        raise BadInput(f'training.method: "jumps" is for one input, and the data has {num_inputs}')
    try:
        form = choose_form(training.gradient, neuron.activation, num_inputs, jax.default_backend())
    except ValueError as error:
        raise BadInput(f"training.gradient: {error}") from None
    return Config(
        activation=neuron.activation,
        train_bias=neuron.train_bias,
        optimizer=training.optimizer,
        batch_size=training.batch_size,
        gradient=form,
        method=training.method,
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
    # Whatever kind of key JAX is told to make by itself.
    return Start(jax.random.key(study.sweep.seed, impl="threefry2x32"), *jax.device_put(values))


def provenance(setup: Setup) -> dict[str, Any]:
    """What decides the bits of a run, and what a reader needs to know of its data.

    Of several data sets it holds the scaling of each, in lists, and the smallest of their stability limits:
    below it all are stable.
    """
    study, datasets, identity = setup.study, setup.datasets, setup.identity
    device, data = jax.devices()[0], datasets[0]
    limit = min(stability_limit(data.x, study.neuron.train_bias) for data in datasets)

    def of_each(values: Sequence[Any]) -> Any:
        return values[0] if len(values) == 1 else list(values)

    return {
        "study": resolved(study),
        "identity": identity,
        "fingerprint": checksum_of(identity),
        "num_neurons": setup.num_neurons,
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
