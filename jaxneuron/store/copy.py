"""Copying chunks of work from one run to another that holds the same neurons in chunks of the same shape."""

import numpy as np

from jaxneuron.store.store import Store


def copy_chunk(source: Store, number: int, target: Store, its_number: int) -> None:
    """Write into a chunk of `target`, and its marker last, what a chunk of `source` holds: the same cells and
    replicates.

    BadInput where a file of the source is damaged.
    """
    marker = source.markers([number])[number]
    there = {array.basename: (array, region) for array, region in source.regions_of_chunk(number)}
    checksums = {}
    for array, region in target.regions_of_chunk(its_number):
        of_source, its_region = there[array.basename]
        checksums[array.path] = target.write_region(array, region, np.asarray(of_source[its_region]))
    target.mark(its_number, marker.neurons, marker.seconds, checksums)
