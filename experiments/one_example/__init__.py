"""What becomes of a neuron that learns one example: known for every neuron, step by step."""
