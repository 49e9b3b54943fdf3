"""Security profiles 1 and 2 on the wire, and the bounds of what a station may send."""

import asyncio
import json
import ssl
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from tests.exchange.ocpp.conftest import PASSWORD, Begin, Pair
from tests.exchange.ocpp.test_stations import OCPP, basic, station_at

LARGEST = 262_144


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A certificate for localhost that signs itself, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    named = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(chain)]
    subprocess.run([*made, *named], check=True, capture_output=True, timeout=60)
    return {"tls_certificate": chain, "tls_key": key}


def by_tls(pair: Pair, trusted: Path | None, password: str = PASSWORD, **more: Any) -> Any:
    context = ssl.create_default_context(cafile=trusted)
    for name, value in more.items():
        setattr(context, name, value)
    return connect(
        f"wss://localhost:{pair.adapter.port}/ocpp/E0",
        subprotocols=OCPP,
        additional_headers={"Authorization": basic("E0", password)},
        ssl=context,
    )


async def beat(connection: Any) -> None:
    await connection.send(json.dumps([2, "beat", "Heartbeat", {}]))
    async with asyncio.timeout(30):
        while json.loads(await connection.recv())[1] != "beat":
            pass


async def test_profile_1_a_password_opens_the_door(begin: Begin) -> None:
    async with begin(connected=False) as pair, station_at(pair) as connection:
        await beat(connection)


async def test_profile_2_a_password_inside_tls_opens_the_door(begin: Begin, certificate) -> None:
    async with begin(connected=False, **certificate) as pair:
        async with by_tls(pair, certificate["tls_certificate"]) as connection:
            await beat(connection)
            assert connection.transport.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
        with pytest.raises(InvalidStatus) as caught:
            async with by_tls(pair, certificate["tls_certificate"], password="wrong"):
                pass
        assert caught.value.response.status_code == 401


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_profile_2_nobody_talks_in_the_clear_or_by_old_tls(begin: Begin, certificate) -> None:
    async with begin(connected=False, **certificate) as pair:
        with pytest.raises((InvalidMessage, ConnectionClosed, OSError)):
            async with station_at(pair):
                pass
        with pytest.raises(ssl.SSLError):
            async with by_tls(pair, certificate["tls_certificate"], maximum_version=ssl.TLSVersion.TLSv1_1):
                pass
        assert not pair.adapter.links


async def test_profile_2_a_station_can_tell_that_it_is_not_us(begin: Begin, certificate) -> None:
    async with begin(connected=False, **certificate) as pair:
        with pytest.raises(ssl.SSLCertVerificationError):
            async with by_tls(pair, None):
                pass


async def test_a_message_above_the_bound_ends_the_connection(begin: Begin) -> None:
    async with begin(connected=False, max_message_bytes=4_096) as pair:
        async with station_at(pair) as connection:
            await connection.send("x" * 5_000)
            async with asyncio.timeout(30):
                await connection.wait_closed()
            assert connection.close_code == 1009
        async with station_at(pair, "E1") as connection:
            await beat(connection)


async def test_a_flood_of_large_messages_takes_bounded_memory(begin: Begin) -> None:
    """40 MB of what is just small enough, from a station that never waits for answers."""
    frame = json.dumps([2, "x", "DataTransfer", {"vendorId": "v", "data": "y" * (LARGEST - 100)}])
    async with begin(connected=False, messages_per_s=1_000.0) as pair, station_at(pair) as connection:
        reading = asyncio.create_task(read_all(connection))
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(160):
                await connection.send(frame)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            reading.cancel()
        assert peak - before < 24 * 2**20


async def read_all(connection: Any) -> None:
    async for _ in connection:
        pass
