"""The files of a run for Zarr, which reads them and writes none: what it reads was verified.

A run is read through `Checked` alone, so Zarr gets no bytes but those that their writer left, and sees no
file that the run is not known to have.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable

import xxhash
from zarr.abc.store import ByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype

OF_BYTES = "xxh3 of bytes:"


def checksum_of_bytes(content: bytes | memoryview) -> str:
    """The checksum of a file's content, with the name of its kind in front."""
    return OF_BYTES + xxhash.xxh3_128_hexdigest(content)


class Checked(Store):
    """A store of Zarr's to be read: `keys` are its files, and `read` gives the verified content of one by its
    key, or None where the run has no such file."""

    supports_writes = supports_deletes = supports_partial_writes = False  # pyright: ignore
    supports_listing = True  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def __init__(self, name: str, keys: Collection[str], read: Callable[[str], bytes | None]) -> None:
        super().__init__(read_only=True)
        self._name, self._keys, self._read = name, keys, read

    def __str__(self) -> str:
        return self._name

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = Store.__hash__

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        assert byte_range is None, "the files of a run are read as a whole"
        content = await asyncio.to_thread(self._read, key)
        return None if content is None else prototype.buffer.from_bytes(content)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        return key in self._keys

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in self._keys:
            if key.startswith(prefix):
                yield key

    def list(self) -> AsyncIterator[str]:
        return self.list_prefix("")

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        folder = f"{prefix.rstrip('/')}/".lstrip("/")
        inside = [key.removeprefix(folder) for key in self._keys if key.startswith(folder)]
        for name in {key.split("/")[0] for key in inside}:
            yield name

    async def set(self, key: str, value: Buffer) -> None:
        self._check_writable()

    async def delete(self, key: str) -> None:
        self._check_writable()
