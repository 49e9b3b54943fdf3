"""The contract that every adapter keeps, kept over OCPI with the simulated CPO behind it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from readyby.clocks import SetClock
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.network.faces.ocpi import OcpiFace
from readyby.network.network import Network
from tests.exchange import test_adapters as contract
from tests.exchange.ocpi.conftest import everything_told, loopback, served
from tests.exchange.test_adapters import START, Peer, garage, long_visit

LAWS = [name for name in dir(contract) if name.startswith("test_") and "key_is" not in name]
globals().update({name: getattr(contract, name) for name in LAWS})


def test_the_laws_are_there() -> None:
    assert len(LAWS) >= 9


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    site, visit = garage(), long_visit()
    clock, network = SetClock(START), Network(site, [visit], start_at=START)
    (cpo_sock, cpo_port), (our_sock, our_port) = loopback(), loopback()
    face = OcpiFace(
        network,
        public_url=f"http://127.0.0.1:{cpo_port}",
        token_a="token-a",
        advance=lambda: network.advance(clock.now(), 0),
    )
    settings = OcpiSettings(
        versions_url=f"http://127.0.0.1:{cpo_port}/versions",
        token_a=SecretStr("token-a"),
        public_url=f"http://127.0.0.1:{our_port}",
        caps_held=True,
    )
    adapter = OcpiAdapter(settings, clock, folder=tmp_path, sites=(site,))

    async def let(span: timedelta) -> None:
        clock.instant += span
        await everything_told(face)

    with served(face.app, cpo_sock), served(adapter.receiver, our_sock):
        await asyncio.to_thread(adapter.registration.register)
        await let(timedelta(0))
        yield Peer(adapter, let)
        await adapter.close()
