"""The keys of the files of arrays, as Zarr's third format has them: `cells/fate_count/c/3/0`."""

import zarr

Region = tuple[slice, ...]


def key_of(array: zarr.Array, region: Region) -> str:
    """Of the file that holds a region of an array."""
    place = [part.start // size for part, size in zip(region, array.chunks, strict=False)]
    rest = [0] * (len(array.chunks) - len(place))
    return "/".join([array.path, "c", *map(str, place + rest)])


def split(key: str) -> tuple[str, list[int]]:
    """The path of the array that a file is of, and the file's place along each of its dims."""
    group, name, *rest = *key.split("/"), ""
    return f"{group}/{name}", [int(place) for place in rest[1:] if place.isdigit()]
