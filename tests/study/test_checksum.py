"""Checksums see every bit."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from jaxneuron.study.checksum import checksum_of_array, is_of


@given(arrays("uint8", array_shapes(max_dims=3, max_side=6)), st.data())
def test_another_bit_anywhere_is_another_checksum(values, data):
    place = tuple(data.draw(st.integers(0, side - 1)) for side in values.shape)
    other = values.copy()
    other[place] ^= np.uint8(1 << data.draw(st.integers(0, 7)))
    assert is_of(checksum_of_array(values), values)
    assert not is_of(checksum_of_array(values), other)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int8", "bool"])
def test_how_the_numbers_lie_in_memory_does_not_matter(dtype):
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    assert checksum_of_array(np.asfortranarray(values)) == checksum_of_array(values)


def test_those_of_earlier_versions_are_still_told():
    values = np.arange(12.0).reshape(3, 4)
    earlier = hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()
    assert is_of(earlier, values)
    assert not is_of(earlier, values + 1)
