"""What becomes of a neuron at learning rates of nine decades, after the same training time and in the end."""
