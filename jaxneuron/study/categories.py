"""Categories: what a list may be given of although it is no number that neurons are given. A program is
compiled for each, and they are a dim of the run."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import PlainValidator

from jaxneuron.study.bad_input import nearest, shown

# Their names, and the table of a study.toml that each stands in.
CATEGORIES = {"activation": "neuron"} | dict.fromkeys(("optimizer", "batch_size", "schedule"), "training")


def one_or_more(check: Callable[[Any], None]) -> PlainValidator:
    """Of a field that is one value or a list of different ones, each checked: a value, or a tuple."""

    def validate(given: Any) -> Any:
        if not isinstance(given, (list, tuple)):
            check(given)
            return given
        if not given:
            raise ValueError("is an empty list; it must have at least one")
        for i, value in enumerate(given):
            check(value)
            if value in given[:i]:
                raise ValueError(f"has {shown(value)} twice; each counts once")
        return tuple(given)

    return PlainValidator(validate)


def named(known: Mapping[str, Any]) -> Callable[[Any], None]:
    """The check that a value is one of the known names."""

    def check(name: Any) -> None:
        if not isinstance(name, str):
            raise ValueError(f"is {shown(name)}; it must be a string in quotes")
        if name not in known:
            raise ValueError(f"is {name!r}{nearest(name, known)}")

    return check


def check_batch_size(size: Any) -> None:
    """ValueError where it is no number of examples; None is all of them."""
    if size is not None:
        check_whole(size, 1)


def check_whole(number: Any, least: int, wanted: str = "a whole number") -> None:
    """ValueError where it is no whole number that is large enough."""
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"is {shown(number)}; it must be {wanted}")
    if number < least:
        raise ValueError(f"is {number}; it must be at least {least}")
