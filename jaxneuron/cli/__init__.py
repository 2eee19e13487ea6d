"""The door: the command line. Only what is in here prints; jax and the plots are imported when needed."""

from jaxneuron.cli.program import commands as commands
from jaxneuron.cli.program import main as main
