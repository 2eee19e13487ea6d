"""A run and a training in a notebook, as HTML without scripts."""
