"""A store for each test, on the same engine as a file's: one, emptied between tests."""

from collections.abc import Iterator

import pytest

from tests.support.store_world import StoreWorld


@pytest.fixture(scope="session")
def shared_world() -> Iterator[StoreWorld]:
    made = StoreWorld()
    yield made
    made.close()


@pytest.fixture
def bare_world(shared_world: StoreWorld) -> StoreWorld:
    """Nothing in it."""
    return shared_world.empty()


@pytest.fixture
def world(bare_world: StoreWorld) -> StoreWorld:
    """One site of six EVSEs, six enrolled drivers."""
    return bare_world.furnish()
