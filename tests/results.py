"""What tests of views share: runs and lives of every kind, each made once a process, when first asked for.

No test may change one: what damages a run copies it first.
"""

import pytest

import jaxneuron as jn
from tests.studies import LIVES, life_study, study_of


@pytest.fixture(scope="session")
def run_of(tmp_path_factory):
    """The run of a design, `run_of("grid")`."""
    folder, made = tmp_path_factory.mktemp("runs"), {}

    def run(design: str) -> jn.Run:
        if design not in made:
            made[design] = jn.sweep(study_of(design), folder / f"{len(made)}.zarr")
        return made[design]

    return run


@pytest.fixture(scope="session")
def life_of():
    """The training of one neuron of a kind, `life_of("died")`."""
    made = {}

    def life(kind: str):
        if kind not in made:
            made[kind] = jn.train(life_study(**LIVES[kind]))
        return made[kind]

    return life


@pytest.fixture
def lifelines():
    """An independent oracle. It asks for a pandas before 3, which it does not need: pip would change what
    else is tested. So `.ci/run` installs it without what it asks for; elsewhere its tests are left out."""
    return pytest.importorskip("lifelines")
