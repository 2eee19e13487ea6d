"""Where it lies: a run on disk or in an object store, with checksums of all that it holds."""
