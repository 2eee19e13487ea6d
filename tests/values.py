"""What a run holds, to be compared bit by bit."""


def values_of(run, arrays=None):
    """Every array of numbers of a run, or these, and the bytes of its values."""
    return {
        f"{group}/{name}": values.values.tobytes()
        for group, dataset in (("cells", run.cells), ("neurons", run.neurons))
        for name, values in dataset.variables.items()
        if values.dtype.kind in "iuf" and (arrays is None or f"{group}/{name}" in arrays)
    }
