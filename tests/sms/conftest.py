"""The small site as drivers text to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.drivers import DriverWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path)
    yield made
    made.close()
