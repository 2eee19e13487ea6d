"""The study that every engine trains, in chunks of whole cells or in chunks that share their cells."""

import numpy as np

import jaxneuron as jn

NUM_NEURONS = 4 * 4 * 6
WHOLE_CELLS, PARTS = 12, 5
# 8 chunks of two cells, or 32 of half a cell.
NUM_CHUNKS = {WHOLE_CELLS: 8, PARTS: 32}


def study_of(chunk_size, **sweep):
    return jn.Study(
        data={"x": np.linspace(-1, 2, 20), "y": np.linspace(-1, 2, 20) ** 2},
        training={"num_steps": 400},
        sweep={
            "learning_rate": jn.Log(0.01, 10.0, 4),
            "init_bias": jn.Linear(-2.0, 2.0, 4),
            "replicates": 6,
            "records": "neurons",
            "chunk_size": chunk_size,
            **sweep,
        },
    )


def record_in(numbers):
    """A progress that appends what it is called with to a list: (done, total)."""
    return lambda done, total: numbers.append((done, total))
