"""For eyes: tables and figures of what a run found. Numbers are computed first and drawn second."""
