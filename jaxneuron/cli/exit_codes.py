"""What the program ends with."""

DONE, INCOMPLETE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
