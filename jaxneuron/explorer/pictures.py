"""Pictures: the cells of a view, trained coarsely at once, and then one cell a pixel, in parts."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial

import numpy as np

from jaxneuron.analysis.intervals import wilson
from jaxneuron.analysis.picture import Shown, numbers_of, shown_of
from jaxneuron.explorer.known_data import KnownData
from jaxneuron.explorer.messages import message
from jaxneuron.explorer.views import END, View
from jaxneuron.neuron.hyperparams import label_of
from jaxneuron.population.chunks import Cut
from jaxneuron.runner.dispatch import chunks_in_flight, devices, share_out
from jaxneuron.runner.program import Program, config_of
from jaxneuron.runner.training import Training
from jaxneuron.study.bad_input import BadInput, nearest
from jaxneuron.study.data import Dataset
from jaxneuron.study.study import Study
from jaxneuron.study.window import Window

COARSE, FINE = 0, 1
COARSEST, COARSE_SIDE = 8, 64
MOST_PROGRAMS = 16
LONGEST_LIFE = 1_000_000  # steps
# Of a second of a core, about: steps of a neuron by moments, and products of an example and a weight.
STEPS, PRODUCTS = 2e8, 1e9
MOST_BY_JUMPS = 4000
SECONDS_OF_CHUNK, MOST_SECONDS = 0.1, 60.0
SQUARE = 128  # cells a side at most


class Trainer:
    """Trains what views ask for. What is on the device, and what is compiled, is kept."""

    def __init__(self, known: KnownData) -> None:
        self._known = known
        self._programs: OrderedDict[tuple[object, ...], Program] = OrderedDict()
        self._lock = threading.Lock()

    def program(self, view: View, window: Window | None = None, *, precision: str | None = None) -> Program:
        """The program of the study of a view, or of the same with another window."""
        seen = view if window is None else view._replace(window=window)
        datasets = self._known.datasets(view.tables.get("data"))
        study = seen.study(self._known, precision=precision)
        cut = _squares(study, datasets[0], seen.window)
        training, neuron = study.training, study.neuron
        key = (
            id(datasets),  # which the program keeps
            *(training.precision, training.method, training.optimizer, training.batch_size),
            *(training.gradient, training.schedule, neuron.activation),
        )
        with self._lock:
            like = self._programs.get(key)
        if like is not None:
            return like.varied(study, cut)
        program = Program(study, datasets, cut=cut)
        with self._lock:
            self._programs[key] = program
            while len(self._programs) > MOST_PROGRAMS:
                self._programs.popitem(last=False)
        return program

    def picture(self, view: View, is_stale: threading.Event) -> Iterator[bytes]:
        """The messages of a picture, until it is whole or stale: what it is, its coarse cells, its fine ones
        in parts, and the end. Raises BadInput before the first one where there is no such picture."""
        begun = time.perf_counter()
        program = self.program(view)
        shown = _shown(view, program.study)
        side = _coarse_side(
            _seconds_a_neuron(program.study, program.datasets[0]), program.study.sweep.replicates
        )
        coarse = self.program(view, view.window.coarser(side), precision=program.study.training.precision)
        yield _what_it_is(view, program)
        for level, of_level in ((COARSE, coarse), (FINE, program)):
            if level == FINE and program.design.shape == coarse.design.shape:
                break
            for part in _parts(of_level, view, shown, is_stale):
                yield message("cells", **part, level=level)
            if is_stale.is_set():
                return
        yield message("end", seconds=round(time.perf_counter() - begun, 4))

    def life(self, view: View, column: int, row: int, replicate: int) -> Training:
        """The neuron of a picture's cell with its steps kept."""
        program = self.program(view)
        training = program.study.training
        if training.method == "steps" and training.num_steps > LONGEST_LIFE:
            wrong = f"is {training.num_steps:,}, too many to keep each of them"
            raise BadInput(f'training.num_steps: {wrong}; take at most {LONGEST_LIFE:,}, or method = "jumps"')
        index = {view.window.x.name: column, view.window.y.name: row}
        shape = program.design.shape
        cell = int(np.ravel_multi_index([index[name] for name in shape], tuple(shape.values())))
        return program.follow(cell, replicate)


def _shown(view: View, study: Study) -> Shown:
    found = shown_of(study)
    if view.quantity not in found:
        raise BadInput(
            f"quantity: {view.quantity!r} is not known of these neurons{nearest(view.quantity, found)}"
        )
    return found[view.quantity]


def _what_it_is(view: View, program: Program) -> bytes:
    """The first message: the precision, what can be shown, and the intervals of shares."""
    study = program.study
    asked = view.tables.get("training", {}).get("precision", "float32")
    precision = study.training.precision
    rounded = "float32 does not tell neighbours apart here, so the neurons are trained in float64"
    replicates = study.sweep.replicates
    low, high = wilson(np.arange(replicates + 1), np.full(replicates + 1, replicates))
    shown = ("name", "label", "unit", "definition", "scale")
    return message(
        "view",
        precision=precision,
        note=rounded if precision != asked and study.training.method == "steps" else "",
        isEnd=_is_end(view),
        end=END,
        cells=[view.window.columns, view.window.rows],
        replicates=replicates,
        quantities=[{key: getattr(each, key) for key in shown} for each in shown_of(study).values()],
        axes=[
            {"name": span.name, "label": label_of(span.name), "isLog": span.is_log, "names": []}
            for span in view.window[:2]
        ],
        intervals={"of": replicates, "low": low.tolist(), "high": high.tolist()},
    )


def _is_end(view: View) -> bool:
    """Whether cells half as wide are not told apart any more, even in float64."""
    window = view.window
    finer = window._replace(columns=2 * window.columns, rows=2 * window.rows)
    return finer.precision(None) is None


def _parts(program: Program, view: View, shown: Shown, is_stale: threading.Event) -> Iterator[dict]:
    """The numbers of parts of a picture, as they are trained: each with its region, rows first."""
    names = list(dict.fromkeys(["fate", "final_loss", *shown.needs]))
    dims, num_steps = list(program.design.shape), program.study.training.num_steps
    order = [dims.index(view.window.y.name), dims.index(view.window.x.name)]
    shape = [program.chunking.cells[d] for d in order]
    functions = {device: partial(program.train_records, names=names, device=device) for device in devices()}
    results = share_out(functions, range(program.chunking.num_chunks), chunks_in_flight())
    for number, records in results:
        if is_stale.is_set():
            results.close()
            return
        chunk = program.chunking[number]
        found = {
            name: values.transpose(*range(values.ndim - 2), *(d + values.ndim - 2 for d in order))
            for name, values in numbers_of(records, shown, num_steps).items()
        }
        region = [end for d in order for end in (chunk.start[d], chunk.stop[d])]
        yield {"shape": shape, "region": region, "arrays": {n: _small(v) for n, v in found.items()}}


def _small(values: np.ndarray) -> np.ndarray:
    """Losses and steps as the page shows them: with seven digits."""
    return values.astype(np.float32) if values.dtype == np.float64 else values


def _seconds_a_neuron(study: Study, data: Dataset) -> float:
    """About how long a core trains one neuron; by jumps, as if its steps were at most some thousands."""
    training = study.training
    num_steps = min(training.num_steps, MOST_BY_JUMPS) if training.method == "jumps" else training.num_steps
    if config_of(study, data).gradient == "moments":
        return num_steps / STEPS
    num_examples, num_inputs = data.x.shape
    return num_steps * (training.batch_size or num_examples) * num_inputs / PRODUCTS


def _squares(study: Study, data: Dataset, window: Window) -> Cut:
    """The squares in which a picture is trained, each in a moment: none can be left in the middle. One
    compiled program serves all coarse pictures, and another one, of larger squares, all that are finer."""
    most = COARSE_SIDE if max(window.columns, window.rows) <= COARSE_SIDE else SQUARE
    affordable = SECONDS_OF_CHUNK / _seconds_a_neuron(study, data)
    number = float(np.clip(affordable / study.sweep.replicates, 1, most**2))
    side = 2 ** math.floor(math.log2(number) / 2)
    return Cut((side, side), study.sweep.replicates)


def _coarse_side(seconds: float, replicates: int) -> int:
    """Cells a side of a coarse picture, which is to be there at once; BadInput where not even a few cells
    would be."""
    affordable = MOST_SECONDS / (seconds * replicates)
    if affordable < COARSEST**2:
        raise BadInput(
            f"training.num_steps: a neuron would take about {seconds:.2g} s, too long for a map of them; "
            'take fewer steps, less data or fewer replicates, or, where it can be, method = "jumps"'
        )
    at_once = SECONDS_OF_CHUNK / (seconds * replicates)
    return int(np.clip(2 ** math.floor(math.log2(math.sqrt(at_once))), COARSEST, COARSE_SIDE))
