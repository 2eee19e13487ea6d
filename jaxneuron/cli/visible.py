"""What is printed to a terminal: names in it come from files, and are text whatever they hold."""

import logging
from collections.abc import Iterator
from typing import Any

from jaxneuron.study.bad_input import visible


class VisibleLog(logging.Formatter):
    """Messages of the log, each on a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(" ".join(super().format(record).splitlines()))


class Visible:
    """Something that rich prints."""

    def __init__(self, printed: Any) -> None:
        self._printed = printed

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        for segment in console.render(self._printed, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))
