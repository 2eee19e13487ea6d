"""Training by jumps: from one change of the active examples to the next, in closed form."""

# Steps are counted in floats, which hold every whole number up to here.
MOST_STEPS = 2**53
