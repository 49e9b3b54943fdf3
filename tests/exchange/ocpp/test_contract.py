"""The contract that every adapter keeps, kept over OCPP 1.6J with simulated stations behind it."""

from collections.abc import AsyncIterator

import pytest

from tests.exchange import test_adapters as contract
from tests.exchange.ocpp.conftest import Begin
from tests.exchange.test_adapters import Peer

LAWS = [name for name in dir(contract) if name.startswith("test_") and "key_is" not in name]
globals().update({name: getattr(contract, name) for name in LAWS})


def test_the_laws_are_there() -> None:
    assert len(LAWS) >= 9


@pytest.fixture
async def peer(begin: Begin) -> AsyncIterator[Peer]:
    async with begin() as pair:
        yield Peer(pair.adapter, pair.let, pair.session_id)
