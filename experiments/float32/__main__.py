"""What rounding leaves of loss and gradient in single precision, for inputs as people have them."""

from rich.console import Console

from experiments.float32.rounding import floors, table_of

if __name__ == "__main__":
    Console(width=180).print(table_of(floors()))
