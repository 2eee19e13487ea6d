"""Mini-batches: the examples that are drawn, against JAX's own words and NumPy's whole numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry_2x32
from scipy.stats import chisquare

from jaxneuron.neuron.batches import draw, draw_batch
from tests.conftest import examples_of
from tests.neuron.neurons import KEY

drawn_at = jax.jit(draw, static_argnums=(2, 3))
batch_at = jax.jit(draw_batch, static_argnums=3)


@pytest.mark.parametrize(
    ("batch_size", "num_examples"), [(1, 1), (8, 10), (7, 2**16 + 1), (1000, 10**9 + 7), (1001, 2**31)]
)
def test_what_is_drawn_is_the_high_half_of_a_word_times_the_number(batch_size, num_examples):
    key, step, half = jax.random.fold_in(KEY, 7), 123_456_789, -(-batch_size // 2)
    counter = np.stack([np.full(half, step), np.arange(half)]).astype(np.uint32)
    words = np.asarray(threefry_2x32(tuple(jax.random.key_data(key)), jnp.asarray(counter))).ravel()
    drawn = drawn_at(key, jnp.int32(step), batch_size, num_examples)
    np.testing.assert_array_equal(drawn, words[:batch_size].astype(np.uint64) * num_examples >> 32)


def test_mini_batches_come_from_key_and_step():
    examples = examples_of(np.arange(50.0), np.arange(50.0))

    def batch(key, step):
        return batch_at(jax.random.key(key), jnp.int32(step), examples, 8)

    first, again, later, other = batch(0, 3), batch(0, 3), batch(0, 4), batch(1, 3)
    assert first.x.shape == (8, 1)
    assert (first.x[:, 0] == first.y).all()
    assert (first.y == again.y).all()
    assert (first.y != later.y).any()
    assert (first.y != other.y).any()


def test_mini_batches_are_uniform():
    examples = examples_of(np.arange(10.0), np.arange(10.0))
    steps = jnp.arange(5000)
    drawn = jax.vmap(lambda step: batch_at(KEY, step, examples, 4).y)(steps)
    counts = np.bincount(np.asarray(drawn, int).ravel(), minlength=10)
    # 20 000 draws, 2000 expected in each of ten places, standard deviation 42.
    assert abs(counts - 2000).max() < 5 * 42.5
    assert chisquare(counts).pvalue > 0.01


def test_examples_of_a_mini_batch_and_of_its_neighbours_are_drawn_independently():
    drawn = jax.vmap(lambda step: drawn_at(KEY, step, 4, 10))(jnp.arange(10_001))
    drawn = np.asarray(drawn, int)
    beside = [(drawn[:, 0], drawn[:, i]) for i in (1, 2, 3)] + [(drawn[1:, i], drawn[:-1, i]) for i in (0, 2)]
    for one, other in beside:
        assert chisquare(np.bincount(10 * one + other, minlength=100)).pvalue > 0.01
