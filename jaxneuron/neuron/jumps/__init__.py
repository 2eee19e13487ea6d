"""Training by jumps: from one change of the active examples to the next in closed form, not step by step."""
