"""Data on which a neuron without bias fails with near certainty: by how much, known for every neuron."""
