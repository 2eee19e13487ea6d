"""Neurons that approach silence without ever reaching it: dead in effect, and never dead."""
