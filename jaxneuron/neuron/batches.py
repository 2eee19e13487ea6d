"""Mini-batches: which examples a neuron passes over in a step.

They are drawn uniformly and with replacement, from nothing but the neuron's own key and the number of the
step: two examples of each block of Threefry-2x32, the generator behind JAX's keys (Salmon, Moraes, Dror and
Shaw 2011). `jax.random.randint` takes three times as long or more: it makes eight words of an example's one,
and XLA passes over them again for every four rounds.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, UInt, UInt32

from jaxneuron.neuron.loss import Examples

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
HALF = 16  # bits of a word


def draw_batch(key: Key[Array, ""], step: Int[Array, ""], examples: Examples, batch_size: int) -> Examples:
    """The step's mini-batch, drawn from a key that is used for nothing else."""
    chosen = draw(key, step, batch_size, examples.y.shape[0])

    def at_chosen(values: Array) -> Array:
        return values.at[chosen].get(mode="promise_in_bounds", wrap_negative_indices=False)

    return Examples(at_chosen(examples.x), at_chosen(examples.y))


def draw(
    key: Key[Array, ""], step: Int[Array, ""], batch_size: int, num_examples: int
) -> UInt[Array, " batch"]:
    """The numbers of a step's examples, of at most 2³¹.

    Of the 2³² values of a word as many go to each example, or one fewer: its probability differs from
    1/num_examples by at most 2⁻³².
    """
    block = jnp.arange(-(-batch_size // 2), dtype=jnp.uint32)
    # Made once: else XLA would make both words again for each of the two.
    words = jax.lax.optimization_barrier(threefry(key, jnp.full_like(block, step), block))
    return scaled(jnp.concatenate(words)[:batch_size], num_examples)


def threefry(
    key: Key[Array, ""], first: UInt32[Array, "..."], second: UInt32[Array, "..."]
) -> tuple[UInt32[Array, "..."], UInt32[Array, "..."]]:
    """The two words of Threefry-2x32 of 20 rounds, for a counter of two words."""
    a, b = jax.random.key_data(key)
    keys = (a, b, a ^ b ^ jnp.uint32(PARITY))
    first, second = first + keys[0], second + keys[1]
    for i in range(5):
        for rotation in ROTATIONS[i % 2]:
            first += second
            second = first ^ (second << rotation | second >> (32 - rotation))
        first, second = first + keys[(i + 1) % 3], second + keys[(i + 2) % 3] + jnp.uint32(i + 1)
    return first, second


def scaled(word: UInt32[Array, "..."], number: int) -> UInt32[Array, "..."]:
    """word·number / 2³², rounded down, for a number of at most 2³¹. It is by half words, as there are no
    products of 64 bits."""
    mask = jnp.uint32(2**HALF - 1)
    low, high = word & mask, word >> HALF
    lower, upper = jnp.uint32(number) & mask, jnp.uint32(number) >> HALF
    crossed = high * lower
    carried = (low * lower >> HALF) + (crossed & mask) + low * upper
    return high * upper + (crossed >> HALF) + (carried >> HALF)
