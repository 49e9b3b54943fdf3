"""An exchange over its in-memory network, for every test that asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from readyby.clocks import SetClock
from tests.exchange.served import NOW, Bench, bench_on, network


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = bench_on(tmp_path / "exchange.sqlite", network(), SetClock(NOW))
    yield made
    await made.exchange.stop()
    await made.http.aclose()
