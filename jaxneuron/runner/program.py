"""A study made ready to run: its data, checked and put on the device, and what trains its neurons."""

import dataclasses
import logging
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxneuron.neuron.choices import CONSTANT
from jaxneuron.neuron.gradient import choose_form
from jaxneuron.neuron.train import Config, Trained
from jaxneuron.population.chunks import Chunk, Chunking, Cut, cut_into_chunks
from jaxneuron.population.design import DATASET, Design
from jaxneuron.population.follow import follow
from jaxneuron.population.histograms import Bins, make_bins
from jaxneuron.population.milestones import follow_by_jumps
from jaxneuron.population.place import Place, bounds_of, layout_of
from jaxneuron.population.results import CELLS, RESULTS, ChunkResults, results_of
from jaxneuron.population.summaries import summarise
from jaxneuron.population.train import train_chunk, train_population
from jaxneuron.runner.dispatch import Device, default_chunk_size
from jaxneuron.runner.inputs import OnDevices, make_examples, make_start
from jaxneuron.runner.training import Training, training_of
from jaxneuron.store.identity import identity_of
from jaxneuron.store.room import Sizes
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.counted import counted
from jaxneuron.study.data import Dataset, load
from jaxneuron.study.study import Study

log = logging.getLogger(__name__)

# Neurons for which a chunk of a round has room: smaller rounds share a program.
FEWEST_OF_ROUND = 2**12


class Alternative(NamedTuple):
    """What a program is compiled for: a data set, and the study with one activation, optimizer and batch
    size."""

    dataset: int
    study: Study
    config: Config


class Program:
    """What trains the neurons of a study: a chunk of them, some of them, or one of them step by step.

    The data is read, and its half-lines are found, once; what else it has is made when it is first needed.
    It can be `cut` into chunks of the shape of those of a run that there is. Raises BadInput where the study
    cannot be run here.
    """

    def __init__(
        self, study: Study, datasets: Sequence[Dataset] | None = None, *, cut: Cut | None = None
    ) -> None:
        check_device()
        self.study = study
        self._cut = cut
        self.datasets = load(study.data) if datasets is None else datasets
        check_data(study, self.datasets)
        configs = [config_of(each, self.datasets[0]) for each in study.alternatives]
        self._precision, self._forms = study.training.precision, {c.gradient: c for c in configs}
        self._examples = OnDevices(partial(make_examples, self.datasets, self._precision, self._forms))
        self._starts = OnDevices(lambda: make_start(study))

    def varied(self, study: Study, cut: Cut | None = None) -> "Program":
        """The program of another study of the same data, which shares what is on the devices where it can."""
        other = Program(study, self.datasets, cut=cut)
        if other._precision == self._precision and other._forms.keys() == self._forms.keys():
            other._examples = self._examples
        return other

    def log_notes(self) -> None:
        """Say in the log which rows were left out, and what else is odd about the files."""
        for data in self.datasets:
            for note in data.notes:
                log.warning(note)

    @cached_property
    def design(self) -> Design:
        """The cells of the study."""
        return self.study.design

    @cached_property
    def chunking(self) -> Chunking:
        """How the study is cut into chunks."""
        cells, replicates = tuple(self.design.shape.values()), self.study.sweep.replicates
        if self._cut and len(self._cut.tile) == len(cells):
            return Chunking(cells, replicates, *self._cut)
        size = self.study.sweep.chunk_size or default_chunk_size(jax.default_backend(), self.num_neurons)
        if self.design.chosen is not None:  # of any number, and chunks of few shapes share a program
            number = max(2 ** (cells[0] - 1).bit_length(), FEWEST_OF_ROUND // replicates)
            return dataclasses.replace(cut_into_chunks([number], replicates, size), cells=cells)
        return cut_into_chunks(cells, replicates, size, num_categories=len(self.design.categories))

    @cached_property
    def bins(self) -> Bins:
        """The bins of what is counted of the cells."""
        return make_bins(silent_loss(self.study, self.datasets), self.study.training.num_steps)

    @property
    def num_neurons(self) -> int:
        """Of the whole study."""
        return self.design.num_cells * self.study.sweep.replicates

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides the bits."""
        return identity_of(self.study, self.datasets, self.chunking.chunk_size)

    @property
    def sizes(self) -> Sizes:
        """What decides how much room it takes."""
        num_examples, num_inputs = max(data.x.shape for data in self.datasets)
        training, has_neurons = self.study.training, self.study.sweep.records == "neurons"
        return Sizes(
            self.chunking,
            self.bins,
            num_examples,
            num_inputs,
            training.precision,
            has_neurons,
            training.method,
            len(self.datasets),
            len(self.design.categories),
        )

    @cached_property
    def records(self) -> list[str]:
        """The results that are kept of every neuron: not those that are swept, which are coordinates."""
        if self.study.sweep.records == "cells":
            return []
        return [n for n in results_of(self.study.training.method) if n not in self.design.coordinates]

    def alternative(self, cell: int) -> Alternative:
        """That of a cell, of which all cells of its chunk are."""
        category = self.design.category(cell)
        study = self.study.alternative(category)
        return Alternative(category.get(DATASET, 0), study, config_of(study, self.datasets[0]))

    def train_chunk(self, number: int, device: Device | None = None) -> ChunkResults:
        """Train a chunk on a device, the default one if none is given; what it keeps comes from there."""
        chunk, training = self.chunking[number], self.study.training
        # A thread has settings of its own. What is on a device is worked on there.
        with jax.enable_x64(training.precision == "float64"):
            trained = self._trained_chunk(chunk, device)
            shape = (*self.chunking.tile, self.chunking.block)
            num_replicates = np.uint32(chunk.last_replicate - chunk.first_replicate)
            cells = summarise(trained, self.bins, shape, num_replicates)
            neurons = {name: RESULTS[name].of(trained) for name in self.records}
            cells, neurons = jax.device_get((cells, neurons))
        return ChunkResults(
            {n: v[chunk.unpadded].astype(CELLS[n].dtype or training.precision) for n, v in cells.items()},
            {name: self.chunking.cut(values, chunk) for name, values in neurons.items()},
        )

    def train_records(
        self, number: int, names: Sequence[str], device: Device | None = None
    ) -> dict[str, np.ndarray]:
        """Train a chunk and give some results of each of its neurons, by name, [*cells, replicate, …]; those
        that are not known by the study's method are left out, and nothing is summarised."""
        chunk, training = self.chunking[number], self.study.training
        with jax.enable_x64(training.precision == "float64"):
            trained = self._trained_chunk(chunk, device, find_diverge_steps="diverge_step" in names)
            known = {name: RESULTS[name].of(trained) for name in names}
            found = jax.device_get({name: values for name, values in known.items() if values is not None})
        return {name: self.chunking.cut(values, chunk) for name, values in found.items()}

    def _trained_chunk(
        self, chunk: Chunk, device: Device | None, *, find_diverge_steps: bool = True
    ) -> Trained:
        """What becomes of the neurons of a chunk, padding included, on the device."""
        start, examples = self._starts.on(device), self._examples.on(device)
        dataset, _, config = self.alternative(int(np.ravel_multi_index(chunk.start, self.chunking.cells)))
        return train_chunk(
            bounds_of(chunk, self.design, self.chunking, self.study.training.precision),
            layout_of(self.design, self.chunking),
            start,
            examples[dataset, config.gradient],
            config,
            self.study.training.num_steps,
            find_diverge_steps=find_diverge_steps,
        )

    def train_neurons(self, cells: Sequence[int], replicates: Sequence[int]) -> Trained:
        """Train some neurons of the study, the same ones that a sweep trains.

        `cells` and `replicates` are their numbers, [neurons]; the cells must be of one data set, activation,
        optimizer and batch size. Returns NumPy arrays [neurons, …]. With another number of neurons another
        program is compiled.
        """
        numbers, training = np.array(cells), self.study.training
        start, examples = self._starts.on(None), self._examples.on(None)
        dataset, _, config = self.alternative(int(numbers[0]))
        with jax.enable_x64(training.precision == "float64"):
            trained = train_population(
                self.design.key_numbers(numbers).astype(np.uint32),
                np.array(replicates, np.uint32),
                self._swept(numbers),
                start,
                examples[dataset, config.gradient],
                config,
                training.num_steps,
            )
            return jax.tree.map(np.asarray, trained)

    def follow(self, cell: int, replicate: int) -> Training:
        """Train one neuron of the study with its steps kept: see `jaxneuron.train`."""
        for name, index, number in (
            ("cell", cell, self.design.num_cells),
            ("replicate", replicate, self.study.sweep.replicates),
        ):
            if not 0 <= index < number:
                raise BadInput(f"{name}: is {index}; the study has {name}s 0 to {number - 1}")
        dataset, study, config = self.alternative(cell)
        num_steps = study.training.num_steps
        start, examples = self._starts.on(None), self._examples.on(None)
        with jax.enable_x64(study.training.precision == "float64"):
            swept = {name: jnp.asarray(value[0]) for name, value in self._swept(np.array([cell])).items()}
            shared = start, examples[dataset, config.gradient], config
            (cell,) = self.design.key_numbers(np.array([cell])).tolist()
            if config.method == "jumps":
                place = Place(np.uint32(cell), np.uint32(replicate), swept)  # pyright: ignore[reportArgumentType]
                hyperparams, steps, history, trained = follow_by_jumps(place, *shared, num_steps)
            else:
                hyperparams, history, trained = follow(cell, replicate, swept, *shared, int(num_steps))
                steps = np.arange(len(history.loss))
        return training_of(study, self.datasets[dataset], hyperparams, steps, history, trained)

    def _swept(self, cells: np.ndarray) -> dict[str, np.ndarray]:
        values = self.design.values(cells)
        return {name: value.astype(self.study.training.precision) for name, value in values.items()}


def check_device() -> None:
    """BadInput where JAX has no device of the kind that its settings ask for."""
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        said = str(error).splitlines() or [f"{jax.config.values['jax_platforms']} is not installed"]
        raise BadInput(f"JAX_PLATFORMS: no such device can be had here ({said[0]}); leave it out") from None


def check_data(study: Study, datasets: Sequence[Dataset]) -> None:
    """BadInput where a mini-batch would be larger than the data, or the data too large for the precision."""
    smallest = min(datasets, key=lambda data: len(data.y))
    for training in (each.training for each in study.alternatives):
        size, num_examples = training.batch_size, len(smallest.y)
        if size is not None and size > num_examples:
            which = "the data" if len(datasets) == 1 else smallest.source
            has = f"{which} has {counted(num_examples, 'example')}"
            raise BadInput(f"training.batch_size: is {size}, and {has}; leave it out")
        for data in datasets:
            data.check_size(training.precision, training.optimizer)


def silent_loss(study: Study, datasets: Sequence[Dataset]) -> float:
    """½·mean (γ·y)², the loss of every dead neuron: the mean over the data sets, and where γ differs between
    neurons, that of γ = 1."""
    mean_square = float(np.mean([np.mean(data.y**2) for data in datasets]))
    return 0.5 * study.fixed.get("target_scale", 1.0) ** 2 * mean_square


def config_of(study: Study, data: Dataset) -> Config:
    """The static facts of an alternative's training; BadInput where the gradient that is asked for cannot be
    had."""
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
        schedule=None if training.schedule == CONSTANT else (training.schedule, int(training.num_steps)),
        method=training.method,
        tolerance=training.tolerance,
        divergence_factor=training.divergence_factor,
        silence_tolerance=training.silence_tolerance,
    )
