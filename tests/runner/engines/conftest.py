"""What the engines' tests share: the bytes that all must make, and compiled programs for their processes."""

import pytest

from jaxneuron import sweep
from tests.runner.engines.trained import study_of
from tests.store.test_survival import environment
from tests.values import values_of

__all__ = ["environment"]


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The bytes of a sweep that ran through in one chunk."""
    return values_of(sweep(study_of(1000), tmp_path_factory.mktemp("whole") / "run.zarr"))
