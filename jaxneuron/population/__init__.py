"""Many neurons: the only floor that says vmap. Axes, keys, chunks and what is counted of a chunk."""
