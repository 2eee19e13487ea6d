"""What it says: every number that is shown of a run or of a neuron, as arrays and words; draws nothing."""
