"""What rounding leaves of the loss and its gradient in single precision, where inputs have a large mean."""
