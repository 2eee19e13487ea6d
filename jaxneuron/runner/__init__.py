"""How it runs: a study is prepared, and trained chunk by chunk, by devices, processes or a cluster."""
