"""What trains the chunks of a run: this process's devices, other processes, or a cluster."""
