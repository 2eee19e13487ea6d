"""The throughput experiment: what it measures agrees with float64 NumPy, and it can show what it measured."""

import dataclasses
from functools import cache

import pytest

from experiments.throughput import figure, gpu, ours, results, table
from experiments.throughput.peers import load
from experiments.throughput.side_by_side import side_by_side
from experiments.throughput.work import MAIN_WORKS, Work, tiny

PEERS = [*ours.VARIANTS, *map(load, ("textbook_jax", "textbook_optax"))]


# Of each kind the one with the fewest examples.
KINDS = {(work.activation, work.num_inputs): work for work in map(tiny, reversed(MAIN_WORKS))}
WORKS = tuple(KINDS.values())[::-1]


@cache
def measure(work, peers=tuple(PEERS)):
    return side_by_side(work, peers, rounds=1, say=lambda line: None)


@pytest.mark.thorough
@pytest.mark.parametrize("work", WORKS, ids=Work.label)
def test_everyone_trains_the_same_neurons(work):
    found = measure(work)
    assert not {peer.NAME for peer in PEERS if peer.can(work)} & set(found.not_measured), found.not_measured
    assert {one.peer for one in found.measured} == {peer.NAME for peer in PEERS if peer.can(work)}
    for one in found.measured:
        assert one.agreement.share == 1, one
        assert one.part == work


def test_a_program_that_computes_something_else_is_found_out():
    @dataclasses.dataclass(frozen=True)
    class Cheat:
        NAME: str = "a cheat"

        def can(self, work):
            return True

        def prepare(self, work, data):
            return lambda: (data.weight, data.bias)

    work = Work(num_neurons=64, num_examples=32, num_steps=50)
    (found,) = measure(work, (Cheat(),)).measured
    assert found.agreement.share < 1


def test_what_is_to_be_measured_on_a_gpu_runs_here():
    for form in ("moments, sgd", "at once, 64 inputs"):
        found = gpu.rate(form, size=256, num_steps=20, rounds=1)
        assert (found.num_neurons, found.peak_gb) == (256, None)
        assert f"{form}: 256 neurons × 20 steps in " in str(found)


def test_what_fails_on_a_gpu_leaves_the_rest(monkeypatch):
    monkeypatch.setattr(gpu, "rate", lambda form, *_: form if form == "jumps" else 1 / 0)
    first, *_, last = gpu.rates(sizes=(1000,))
    assert first == "moments, sgd: 1,000 neurons: not measured: ZeroDivisionError: division by zero"
    assert last == "jumps"


@pytest.mark.thorough
def test_results_are_read_back_and_shown(tmp_path):
    measured = results.begin()
    measured.side_by_side.append(measure(WORKS[0]))
    path = tmp_path / "results.json"
    results.write(measured, path)
    assert results.read(path) == measured
    figure.draw(figure.comparison(measured), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    text = table.markdown(measured)
    assert "| jaxneuron auto | " in text
    assert "JAX, textbook" in text
