"""Compiled programs: each once, and not too many at a time."""

import gc

import jax
import numpy as np

from jaxneuron.neuron.hyperparams import Config
from jaxneuron.population.program import MAX_PROGRAMS, compiled


def of_shape(config, array):
    return -array


def num_programs():
    gc.collect()
    programs = jax.devices()[0].client.live_executables()
    return sum("of_shape" in program.hlo_modules()[0].name for program in programs)


def test_of_many_shapes_the_last_programs_are_kept(compilations):
    for size in range(1, MAX_PROGRAMS + 5):
        for _ in range(2):
            assert compiled(of_shape, Config())(np.zeros(size)).shape == (size,)
        assert compilations.count("jit(of_shape)") == size
    assert num_programs() == MAX_PROGRAMS
