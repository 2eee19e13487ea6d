"""A run's neurons trained again: what the run does not hold of them is computed anew, bit for bit."""

from jaxneuron.analysis.run import Run
from jaxneuron.runner.program import Program
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.data import sha256_of
from jaxneuron.study.sources import Table


def program_of(run: Run) -> Program:
    """What trains the neurons of a run again; BadInput where its data is gone, or is another."""
    program, data = Program(run.study), run.study.data
    if sha256_of(program.datasets) != run.attrs["data"]["sha256"]:
        files = ", ".join(data.files) if isinstance(data, Table) else "its data"
        raise BadInput(
            f"{files}: has changed since {run.path} was swept; its neurons cannot be trained again"
        )
    return program
