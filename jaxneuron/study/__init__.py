"""A named experiment: its data, its study.toml, its results on disk."""
