"""Checksums see every bit."""

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jaxneuron.store import older
from jaxneuron.store.checked import checksum_of_bytes


@given(st.binary(min_size=1, max_size=200), st.data())
def test_another_bit_anywhere_is_another_checksum(content, data):
    other = bytearray(content)
    other[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert checksum_of_bytes(content) != checksum_of_bytes(bytes(other))
    assert checksum_of_bytes(content) != checksum_of_bytes(content + b"\0")


def test_those_of_earlier_versions_are_still_told():
    values = np.arange(12.0).reshape(3, 4)
    earlier = hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()
    assert older.holds(values, (slice(None),), earlier)
    assert not older.holds(values + 1, (slice(None),), earlier)
    assert not older.holds(values, (slice(None),), None)
