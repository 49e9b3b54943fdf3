"""A CPO written by others, in a Python environment of its own: its dialect takes settings and no code."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from readyby.clocks import SetClock
from readyby.exchange.adapter import Setpoint, Verdict
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.settings import Dialect, OcpiSettings
from readyby.exchange.ocpi.wire import stamp
from readyby.model import Step
from tests.exchange.ocpi.conftest import START, loopback, served
from tests.exchange.ocpi.schemas import example
from tests.exchange.peer_env import PEERS, python_of


@pytest.fixture(scope="module")
def peer_python(repository: Path) -> Path:
    """The Python that has python-ocpi."""
    return python_of(repository, "python_ocpi")


@pytest.fixture
def cpo(peer_python: Path, tmp_path: Path) -> Iterator[str]:
    """The peer's address."""
    own = {"country_code": "DE", "party_id": "PYO"}
    session = {**example("session_example_1_simple_start"), **own, "id": "S0", "location_id": "LOC1"}
    session |= {"kWh": session.pop("kwh"), "status": "ACTIVE", "start_date_time": stamp(START)}
    session["last_updated"] = stamp(START)
    location = {**example("location_example"), **own}
    (tmp_path / "sessions.json").write_text(json.dumps({"S0": session}))
    (tmp_path / "locations.json").write_text(json.dumps({"LOC1": location}))
    sock, port = loopback()
    sock.close()
    program = [str(peer_python), str(PEERS / "python_ocpi_cpo.py"), str(port), "token-a", str(tmp_path)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/ocpi"
    try:
        await_answer(f"{url}/versions", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the peer has ended"
        try:
            httpx.get(url, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the peer does not answer")


def dialect(url: str) -> Dialect:
    return Dialect(
        versions=("2.2",),
        module_names={"chargingprofiles": "charging_profiles"},
        paths={"chargingprofiles": f"{url}/2.2/tariffs", "credentials": f"{url}/2.2/credentials/"},
        kwh_field="kWh",
        offset_paging=True,
        stamps_answers=False,
        assume_capable=True,
    )


async def test_register_pull_command_result_and_read_back(cpo: str) -> None:
    sock, port = loopback()
    settings = OcpiSettings(
        versions_url=f"{cpo}/versions",
        token_a=SecretStr("token-a"),
        public_url=f"http://127.0.0.1:{port}",
        dialect=dialect(cpo),
        caps_held=True,
    )
    adapter = OcpiAdapter(settings, SetClock(START + timedelta(minutes=1)))
    with closing(sock), served(adapter.receiver, sock):
        await asyncio.to_thread(adapter.registration.register)
        facts = await adapter.list_evses()
        assert {fact.evse_id for fact in facts} == {"3256", "3257"}
        assert all(fact.controlled for fact in facts)
        batch = await adapter.pull(None)
        (record,) = batch.sessions
        assert record["session_id"] == "S0"
        assert record["token_uid"] == "123ABC"
        assert record["evse_id"] == "3256"
        assert record["live"] is True
        now = START + timedelta(minutes=1)
        setpoint = Setpoint(
            command_id="c1",
            rank=(1, 1),
            evse_id="3256",
            session_id="S0",
            steps=(Step(now, 6.0),),
            expires_at=now + timedelta(hours=1),
        )
        (word,) = await adapter.submit([setpoint])
        assert word.verdict is Verdict.ACCEPTED
        words = await heard(adapter, batch.cursor)
        assert words == [("c1", Verdict.APPLIED)]
        (active,) = await adapter.read_active(["3256"])
        assert active.command_id == "c1"
        await asyncio.to_thread(adapter.registration.rotate)
        assert (await adapter.pull(None)).sessions
    await adapter.close()


async def heard(adapter: OcpiAdapter, cursor: str) -> list[tuple[str, Verdict]]:
    """Words that come within a while."""
    for _ in range(200):
        batch = await adapter.pull(cursor)
        if batch.words:
            return [(word.command_id, word.verdict) for word in batch.words]
        cursor = batch.cursor
        await asyncio.sleep(0.02)
    return []
