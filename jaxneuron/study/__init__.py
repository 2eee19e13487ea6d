"""What to run: a study, its data and its study.toml, checked."""
