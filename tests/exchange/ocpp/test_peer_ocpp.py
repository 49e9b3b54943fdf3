"""A station written by others, in a Python environment and a process of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from readyby.exchange.adapter import Active, Verdict
from tests.exchange.ocpp.conftest import PASSWORD, START, Begin, Pair
from tests.exchange.peer_env import PEERS, python_of
from tests.exchange.test_adapters import setpoint

Do = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="module")
def peer_python(repository: Path) -> Path:
    """The Python that has the peer's `ocpp`, which is not the product's."""
    return python_of(repository, "ocpp_station")


@asynccontextmanager
async def peer(python: Path, pair: Pair) -> AsyncIterator[Do]:
    """The peer at E0; what it is told to do, and its answer."""
    program = [str(python), str(PEERS / "ocpp_station.py"), f"ws://127.0.0.1:{pair.adapter.port}/ocpp"]
    process = await asyncio.create_subprocess_exec(
        *program, "E0", PASSWORD, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    into, out = process.stdin, process.stdout

    async def do(action: str, **fields: Any) -> dict[str, Any]:
        into.write(f"{json.dumps([action, fields])}\n".encode())
        async with asyncio.timeout(30):
            line = await out.readline()
        assert line, "the peer has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    try:
        yield do
    finally:
        into.close()
        async with asyncio.timeout(10):
            await process.wait()


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


async def test_a_stay_at_a_station_of_others(peer_python: Path, begin: Begin) -> None:
    """Boot, standing cap, start, meter values, a command that is read back and released, and the end."""
    async with begin(connected=False) as pair, peer(peer_python, pair) as do:
        booted = await do("BootNotification", charge_point_model="Model", charge_point_vendor="Others")
        assert booted["status"] == "Accepted"
        await pair.adapter.settled()
        (cap,) = (await do("profiles")).values()
        assert cap["charging_profile_purpose"] == "TxDefaultProfile"
        assert (await pair.adapter.list_evses())[0].cap_held_by == "TxDefaultProfile"

        begun = await do("StartTransaction", connector_id=1, id_tag="T0", meter_start=1_000, timestamp=at(0))
        number = begun["transaction_id"]
        values = [{"timestamp": at(1), "sampled_value": [{"value": "1050"}]}]
        await do("MeterValues", connector_id=1, transaction_id=number, meter_value=values)
        batch = await pair.adapter.pull(None)
        assert [(each["session_id"], each["token_uid"]) for each in batch.sessions] == [
            (f"E0-{number}", "T0")
        ]
        assert list(batch.meter["energy_kwh"]) == [0.05]

        pair.clock.instant = START + timedelta(minutes=2)
        await do("now", now=at(2))
        command = setpoint(session_id=f"E0-{number}")
        (word,) = await pair.adapter.submit([command])
        assert word.verdict is Verdict.ACCEPTED
        held = await pair.adapter.read_active(["E0"])
        assert held == (Active(evse_id="E0", command_id=command.command_id),)

        await do("StopTransaction", transaction_id=number, meter_stop=2_000, timestamp=at(30))
        await do("StatusNotification", connector_id=1, error_code="NoError", status="Available")
        (ended,) = (await pair.adapter.pull(batch.cursor)).sessions
        assert (ended["status"], ended["energy_kwh"]) == ("COMPLETED", 1.0)
        assert list(await do("profiles")) == ["TxDefaultProfile"]


async def test_a_profile_for_a_transaction_that_the_station_has_not_is_refused_by_it(
    peer_python: Path, begin: Begin
) -> None:
    async with begin(connected=False) as pair, peer(peer_python, pair) as do:
        await do("BootNotification", charge_point_model="Model", charge_point_vendor="Others")
        await pair.adapter.settled()
        desk = pair.adapter.transactions
        told = {"connectorId": 1, "idTag": "T0", "meterStart": 0, "timestamp": at(0)}
        number = desk.start(desk.places["E0", 1], told)
        (word,) = await pair.adapter.submit([setpoint(session_id=f"E0-{number}")])
        assert (word.verdict, word.reason) == (Verdict.REJECTED, "the station says Rejected")
