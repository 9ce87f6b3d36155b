"""What the tests are given: the world, a door into it, and good behaviour afterwards."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import DIRECT, DOORS, World  # noqa: E402


@pytest.fixture(scope="session")
def _world():
    world = World()
    yield world
    world.stop()


@pytest.fixture
def own_world():
    """A world for this test alone: for what would trouble the others."""
    world = World()
    yield world
    world.stop()


@pytest.fixture
def world(_world):
    """The vendors and the gateway; what a test scripts is forgotten after it."""
    yield _world
    for vendor in _world.vendors:
        vendor.behave()


@pytest.fixture(params=DOORS)
def door(request, world):
    """Each way in, with a vendor behind it that answers well."""
    return world.door(request.param)


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="needs a gateway")
    for item in items:
        if DIRECT and item.get_closest_marker("gateway"):
            item.add_marker(skip)


def pytest_configure(config):
    config.addinivalue_line("markers", "gateway: needs a Spillway, not only a vendor")
