"""Half-lines of one input: what the examples on either side of a threshold amount to.

Where z = W·x + b > 0 for one input, x lies on one side of −b/W: the active examples are a half-line of the
sorted inputs. On a half-line the squared error of a straight line is that of the least-squares line, plus
two squares that say how far from it the line is at the mean, and in its slope:

    Σ(W·x + b − y)² = n·(W·x̄ + b − ȳ)² + (S·W − Σ(x − x̄)(y − ȳ)/S)² + residual,   S² = Σ(x − x̄)².

So five numbers of each half-line hold all that the gradient needs, and a few more the loss. Every term is at
least 0: nothing cancels, however good the fit.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Int, Integer

from jaxneuron.neuron.traced_once import traced_once

Result = TypeVar("Result")

# Rows that an index of 16 bits cannot leave.
FEW_ROWS = 2**16


class HalfLine(NamedTuple):
    """The moments of the examples on a half-line; sums are divided by the number of all examples, N."""

    share: Float[Array, "*rows"]  # of the examples that lie on it
    mean_x: Float[Array, "*rows"]
    mean_y: Float[Array, "*rows"]  # the height of the least-squares line at the mean as it is rounded
    spread: Float[Array, "*rows"]  # S/√N
    rise: Float[Array, "*rows"]  # of the least-squares line over that spread; 0 where all inputs are equal


class Errors(NamedTuple):
    """What the half-line adds to the loss besides; divided by the number of all examples, N."""

    residual: Float[Array, "*rows"]  # Σ½(y − least-squares line)²/N
    beyond: Float[Array, "*rows"]  # Σ½y²/N over all other examples


class HalfLines(NamedTuple):
    """Every half-line of a training set, and an index that finds the one a neuron is active on.

    Row c of `rows` is the upper half-line without the c smallest inputs, row examples + 1 + c the lower
    one of the c smallest. The threshold −b/W falls into one of equal `buckets`, and the examples of that
    bucket are searched by bisection: as many probes as its most crowded bucket needs.
    """

    x: Float[Array, " padded"]  # in ascending order, and as many ∞ behind as probes can reach
    rows: Float[Array, "rows 4"]  # mean_x, mean_y, spread and rise: few, so that what is read stays in cache
    errors: Float[Array, "rows 2"]  # the fields of Errors
    buckets: Int[Array, "buckets 2"]  # the number of examples below, and the bits of the first x to probe
    origin: Float[Array, ""]
    buckets_per_unit: Float[Array, ""]
    probes: Float[Array, " probes"]  # only its length counts, which must be static

    @property
    def plain(self) -> "HalfLines":
        """Themselves; packed ones hold them."""
        return self

    @property
    def num_examples(self) -> int:
        return self.rows.shape[0] // 2 - 1

    def index_of(self, row: Integer[Array, ""]) -> Integer[Array, ""]:
        """What a row of a table is read by: the row."""
        return row


class PackedHalfLines(NamedTuple):
    """Half-lines as a CPU reads them fastest, made from the plain ones within a program; for the gradient
    alone, without what only the loss needs.

    Two numbers are read at once, as one complex number, and a bucket serves two probes. Every table has as
    many rows as an index of 16 bits has values, which need not be limited: vectors are read by it at once.
    """

    plain: HalfLines
    rows: Complex[Array, " padded"]  # (mean_x, mean_y)
    slopes: Complex[Array, " padded"]  # (spread, rise)
    # The bits of the number of examples below, and the first x to probe; or where there are more probes, that
    # of the second probe after an x that is above, that of the first, and that of the second after one below.
    buckets: Complex[Array, "padded ..."]
    x: Float[Array, " padded"]

    @property
    def num_examples(self) -> int:
        return self.plain.num_examples

    def index_of(self, row: Integer[Array, ""]) -> Integer[Array, ""]:
        """What a row of a table is read by: its 16 bits."""
        return row.astype(jnp.uint16)


Tables = HalfLines | PackedHalfLines


def packed(half_lines: HalfLines) -> Tables:
    """The same half-lines, packed where their tables are small enough: reading larger ones waits for memory,
    and takes no less time."""
    if max(map(len, (half_lines.buckets, half_lines.rows, half_lines.x))) > FEW_ROWS:
        return half_lines

    def padded(table: Array) -> Array:
        return jnp.pad(table, [(0, FEW_ROWS - len(table)), *[(0, 0)] * (table.ndim - 1)])

    def pairs(*columns: Array) -> Array:
        return jnp.stack(list(map(jax.lax.complex, columns[::2], columns[1::2])), axis=-1)

    x, first, num_probes = half_lines.x, half_lines.buckets[:, 0], half_lines.probes.shape[0]
    pivots = (1,) if num_probes == 1 else (1, 2, 3)
    reach = 2 ** (num_probes - len(pivots).bit_length())
    bits = jax.lax.bitcast_convert_type(first, x.dtype)
    rows = padded(pairs(*half_lines.rows.T))
    buckets = padded(pairs(bits, *(x[first + reach * pivot - 1] for pivot in pivots)))
    return PackedHalfLines(
        plain=half_lines,
        rows=rows[:, 0],
        slopes=rows[:, 1],
        buckets=buckets[:, 0] if num_probes == 1 else buckets,
        x=padded(x),
    )


@traced_once()
def find_active_row(tables: Tables, weight: Float[Array, ""], bias: Float[Array, ""]) -> Integer[Array, ""]:
    """The row of the half-line of active examples (z > 0).

    It is found by the sign of the very z that autodiff computes, so that both take the same examples for
    active (where W·x does not underflow).
    """
    return _isolated(tables, lambda: tables.index_of(_search(tables, weight, bias)))


def _search(tables: Tables, weight: Float[Array, ""], bias: Float[Array, ""]) -> Integer[Array, ""]:
    num_examples, num_probes = tables.num_examples, tables.plain.probes.shape[0]
    is_upper_active = ~(weight < 0)

    def probe(
        x: Float[Array, ""], reach: Int[Array, ""] | int, num_below: Int[Array, ""]
    ) -> Integer[Array, ""]:
        is_below = (weight * x + bias > 0) != is_upper_active
        return jnp.where(is_below, num_below + reach, num_below)

    def probe_again(i: Int[Array, ""], num_below: Int[Array, ""]) -> Integer[Array, ""]:
        reach = jnp.left_shift(1, num_probes - 1 - i)
        place = tables.index_of(num_below + reach - 1)
        return probe(_isolated(tables, lambda: _read(tables.x, place)), reach, num_below)

    bucket = _isolated(tables, lambda: tables.index_of(_bucket(tables.plain, weight, bias)))
    first, *pivots = _unpacked(tables, _isolated(tables, lambda: _read(tables.buckets, bucket)))
    num_below, num_probed = first.astype(jnp.int32), len(pivots).bit_length()
    for x in pivots:  # of three as many are below as two probes, one after the other, would find
        num_below = probe(x, 2 ** (num_probes - num_probed), num_below)
    if num_probed < num_probes:
        # On a CPU what a turn of a loop finds is stored; unrolled, all later code would compute it again.
        is_unrolled = jax.default_backend() != "cpu"
        num_below = jax.lax.fori_loop(
            jnp.int32(num_probed), jnp.int32(num_probes), probe_again, num_below, unroll=is_unrolled
        )
    num_below = jnp.minimum(num_below, num_examples)
    # A weight of 0 has no threshold: all examples share the sign of the bias.
    no_threshold = jnp.where(bias > 0, 0, num_examples)
    num_below = jnp.where(weight == 0, no_threshold, num_below)
    return jnp.where(is_upper_active, num_below, num_below + num_examples + 1)


def _bucket(half_lines: HalfLines, weight: Float[Array, ""], bias: Float[Array, ""]) -> Integer[Array, ""]:
    """The bucket that the threshold falls into."""
    last = half_lines.buckets.shape[0] - 1
    place = (-bias / weight - half_lines.origin) * half_lines.buckets_per_unit
    # What is not a number goes to the first bucket. Equal inputs are all in it: an infinite threshold times
    # their 0 buckets per unit is not a number, and the probes find its side.
    return jnp.where(place > 0, jnp.minimum(place, last), 0).astype(jnp.int32)


def _unpacked(tables: Tables, bucket: Array) -> tuple[Array, ...]:
    """What was read of a bucket: the number of examples below, and one x to probe or three."""
    if isinstance(tables, HalfLines):
        return bucket[0], jax.lax.bitcast_convert_type(bucket[1], tables.x.dtype)
    bits, *pivots = _parts(bucket)
    return jax.lax.bitcast_convert_type(bits, tables.plain.buckets.dtype), *pivots


def other_row(tables: Tables, row: Integer[Array, ""]) -> Integer[Array, ""]:
    """The row of all other examples."""
    row, half = row.astype(jnp.int32), tables.num_examples + 1
    return jnp.where(row < half, row + half, row - half)


def examples_below(tables: Tables, row: Integer[Array, ""]) -> Integer[Array, ""]:
    """The number of examples below the threshold of a row."""
    row, num_examples = row.astype(jnp.int32), tables.num_examples
    return jnp.where(row <= num_examples, row, row - (num_examples + 1))


def num_examples_on(tables: Tables, row: Integer[Array, ""]) -> Integer[Array, ""]:
    """The number of examples on the half-line of a row."""
    row, num_examples = row.astype(jnp.int32), tables.num_examples
    return jnp.where(row <= num_examples, num_examples - row, row - (num_examples + 1))


def half_line(tables: Tables, row: Integer[Array, ""]) -> tuple[HalfLine, Errors]:
    """The half-line of a row, and what it adds to the loss, which packed ones do not know: it is NaN."""
    if isinstance(tables, HalfLines):
        moments, errors = _read(tables.rows, row), _read(tables.errors, row)
    else:
        index = tables.index_of(row)
        columns = (tables.rows, tables.slopes)
        found = [_isolated(tables, lambda table=table: _read(table, index)) for table in columns]
        moments, errors = [part for pairs in found for part in _parts(pairs)], 2 * [jnp.asarray(jnp.nan)]
    share = num_examples_on(tables, row).astype(moments[0].dtype) / tables.num_examples
    return HalfLine(share, *moments), Errors(*errors)


def _isolated(tables: Tables, function: Callable[[], Result]) -> Result:
    """`function()`, on a CPU in a branch of its own, which is always taken.

    So XLA does not fuse a reading of a table with the arithmetic around it. It would make one loop of both,
    and where a processor cannot gather with vectors (AVX2), the arithmetic would be done for one neuron at a
    time too, which doubles a step's time.
    """
    if jax.default_backend() != "cpu":
        return function()

    def never() -> Result:
        return jax.tree.map(jnp.zeros_like, jax.eval_shape(function))

    # The origin is an input: always finite, which the compiler cannot know.
    return jax.lax.cond(jnp.isfinite(tables.plain.origin), function, never)


def _read(table: Array, row: Integer[Array, ""]) -> Array:
    return table.at[row].get(mode="promise_in_bounds", wrap_negative_indices=False)


def _parts(pairs: Complex[Array, "..."]) -> list[Float[Array, ""]]:
    """The numbers of some pairs, or of one."""
    return [part for pair in jnp.atleast_1d(pairs) for part in (pair.real, pair.imag)]
