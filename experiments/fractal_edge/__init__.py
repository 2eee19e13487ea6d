"""Is the boundary between the fates of a neuron fractal? Every fate is decided, none cut off."""
