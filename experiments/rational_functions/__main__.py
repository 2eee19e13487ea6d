"""The coefficients, and the largest errors of tanh and gelu as float32 evaluates them."""

from rich.console import Console

from experiments.rational_functions.errors import table_of_errors
from experiments.rational_functions.fit import fit_gelu, fit_tanh
from jaxneuron.neuron import rational

if __name__ == "__main__":
    for name, (above, q, error) in {
        "tanh": fit_tanh(rational.TANH_END),
        "gelu": fit_gelu(rational.GELU_END),
    }.items():
        print(f"{name}: largest error of the fit {error:.1e}")
        for letter, coefficients in zip("PRQ" if len(above) > 1 else "PQ", (*above, q), strict=True):
            print(f"  {letter}", ", ".join(f"{c:.8g}" for c in coefficients))
    Console(width=100).print(table_of_errors())
