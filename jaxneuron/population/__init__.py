"""Many neurons: the only room that maps over neurons. Axes, keys, chunks, blocks and summaries."""
