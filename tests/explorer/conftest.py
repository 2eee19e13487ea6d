"""A trainer, and a server, for all tests of a process."""

import httpx
import pytest

from jaxneuron.explorer.known_data import KnownData
from jaxneuron.explorer.pictures import Trainer
from jaxneuron.explorer.server import serving
from jaxneuron.explorer.views import read_view
from tests.explorer.pictures import picture_of


@pytest.fixture(scope="session")
def known():
    """The data that a trainer knows."""
    return KnownData()


@pytest.fixture(scope="session")
def picture(known):
    """The facts and levels of a view, `picture(view)`."""
    trainer = Trainer(known)
    return lambda asked: picture_of(trainer, asked, read_view)


@pytest.fixture(scope="session")
def address():
    """The address of a page that is served."""
    with serving(port=0) as found:
        yield found


@pytest.fixture
def client(address):
    """A client of the page's server."""
    with httpx.Client(base_url=address, timeout=60) as found:
        yield found
