"""One neuron: pure functions of arrays, with no axis for neurons, no files and no printing."""
