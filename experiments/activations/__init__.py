"""One population under five activations: what dies, what stalls, and what it costs."""
