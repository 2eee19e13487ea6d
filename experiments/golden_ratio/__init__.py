"""Where a neuron without bias converges, goes on for ever, or diverges: a diagram known in closed form."""
