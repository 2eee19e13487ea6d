"""For a notebook: a run and a training as HTML without scripts, and the door to their figures."""
