"""Whether death is for good: who revives, when, and for whom that can be ruled out."""
