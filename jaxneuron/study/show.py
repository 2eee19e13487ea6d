"""What a result shows of itself. This floor draws nothing: the floor above is asked, by name, when somebody
looks; the only place that reaches up."""

import importlib
from typing import Any

SHOWN_BY = "jaxneuron.view.notebook.show"


def html_of(result: Any) -> str:
    """A run or a training as a notebook shows it."""
    return importlib.import_module(SHOWN_BY).html_of(result)


def plots_of(result: Any) -> Any:
    """The figures of a run or a training, to be called."""
    return importlib.import_module(SHOWN_BY).plots_of(result)
