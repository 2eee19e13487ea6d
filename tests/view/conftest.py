"""What tests of views share."""

import pytest


@pytest.fixture
def lifelines():
    """An independent oracle. It asks for a pandas before 3, which it does not need: pip would change what
    else is tested. So `.ci/run` installs it without what it asks for; elsewhere its tests are left out."""
    return pytest.importorskip("lifelines")
