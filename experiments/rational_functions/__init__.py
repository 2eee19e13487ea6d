"""Where the coefficients of tanh and gelu in float32 come from, and how far off they are."""
