"""The contract that every adapter keeps, kept over ChargePoint web services with a simulated account."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.exchange import test_adapters as contract
from tests.exchange.chargepoint.conftest import Begin
from tests.exchange.test_adapters import Peer, garage, long_visit

LAWS = [name for name in dir(contract) if name.startswith("test_") and "key_is" not in name]
globals().update({name: getattr(contract, name) for name in LAWS})


def test_the_laws_are_there() -> None:
    assert len(LAWS) >= 9


@pytest.fixture
async def peer(begin: Begin) -> AsyncIterator[Peer]:
    async with begin(long_visit(), site=garage()) as pair:

        async def let(span: timedelta) -> None:
            """The exchange asks meanwhile; what it was told is told again to whoever asks from the start."""
            until = pair.clock.instant + span
            while pair.clock.instant < until:
                pair.clock.instant = min(until, pair.clock.instant + timedelta(minutes=1))
                await pair.adapter.pull(None)
                pair.names |= {each: stay.session_id for each, stay in pair.adapter.stays.open.items()}

        yield Peer(
            pair.adapter,
            let,
            session_id=lambda: pair.names["E0"],
            quantum_kw=0.001,
            seen_within=timedelta(minutes=1),
        )
