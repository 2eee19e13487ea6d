"""The files of a run as Zarr reads and writes them: what is read was checked, what is written is remembered.

A run is read through `Checked` alone. So nothing is handed out whose bytes are not those that its writer
left, and no file is looked at that the run is not known to have: what somebody else put there is not there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable

import numpy as np
import xxhash
from zarr.abc.store import ByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import WrapperStore

OF_BYTES = "xxh3 of bytes:"
UNKNOWN = ""  # of a file that the run has, and of whose bytes no checksum is known

Read = Callable[[str], bytes | None]  # the content of a file by its key; None where there is none
ChecksumOf = Callable[[str], str | None]  # of a file by its key; None of what is no part of the run
Complain = Callable[[str, bool], Exception]  # about a file that is wrong, or not there at all


def checksum_of_bytes(content: bytes | memoryview) -> str:
    """The checksum of a file's content, with the name of its kind in front."""
    return OF_BYTES + xxhash.xxh3_128_hexdigest(content)


class Checked(Store):
    """Reads the files that a run has, and raises what `complain` makes of one that is wrong."""

    supports_writes = supports_deletes = supports_partial_writes = False  # pyright: ignore
    supports_listing = True  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def __init__(
        self, name: str, read: Read, listed: Collection[str], checksum_of: ChecksumOf, complain: Complain
    ) -> None:
        super().__init__(read_only=True)
        self._name, self._read, self._listed = name, read, listed
        self._checksum_of, self._complain = checksum_of, complain

    def __str__(self) -> str:
        return self._name

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = Store.__hash__

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        assert byte_range is None, "the files of a run are read as a whole"
        checksum = self._checksum_of(key)
        if checksum is None:
            return None
        content = await asyncio.to_thread(self._read, key)
        if checksum != UNKNOWN and (content is None or checksum != checksum_of_bytes(content)):
            raise self._complain(key, content is not None)
        return None if content is None else prototype.buffer.from_bytes(content)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        return key in self._listed

    async def list(self) -> AsyncIterator[str]:
        for key in self._listed:
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in self._listed:
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        folder = f"{prefix.rstrip('/')}/".lstrip("/")
        inside = [key.removeprefix(folder) for key in self._listed if key.startswith(folder)]
        for name in {key.split("/")[0] for key in inside}:
            yield name

    async def set(self, key: str, value: Buffer) -> None:
        self._check_writable()

    async def delete(self, key: str) -> None:
        self._check_writable()


class Recording(WrapperStore[Store]):
    """Writes to another store, and remembers the checksums of what it wrote, by key."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.checksums: dict[str, str] = {}

    async def set(self, key: str, value: Buffer) -> None:
        self.checksums[key] = _checksum_of_buffer(value)
        try:
            await super().set(key, value)
        except OSError:
            raise
        except Exception as error:  # of a library for every kind of store
            raise OSError(str(error)) from None

    def set_sync(self, key: str, value: Buffer) -> None:  # newer versions of Zarr write so
        self.checksums[key] = _checksum_of_buffer(value)
        super().set_sync(key, value)


def _checksum_of_buffer(buffer: Buffer) -> str:
    return checksum_of_bytes(np.ascontiguousarray(buffer.as_numpy_array()).data)
