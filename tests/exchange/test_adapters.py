"""One contract for every adapter: the real one against the simulated network over HTTP, and its twin."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from readyby.clocks import SetClock
from readyby.contract import SessionRecord
from readyby.errors import Misconfigured
from readyby.exchange.adapter import Ack, Adapter, Batch, EvseFacts, Setpoint, Verdict
from readyby.exchange.memory import MemoryAdapter
from readyby.exchange.native import NativeAdapter
from readyby.exchange.quality import Inspector
from readyby.exchange.verify import Reading
from readyby.model import Evse, EvseId, SessionStatus, Site, SiteId, Step
from readyby.network.app import SimulatedNetwork
from readyby.network.network import Network
from readyby.network.visits import Visit

START = datetime(2019, 7, 24, 14, tzinfo=UTC)
A = 0.208
LEAVES_AT = START + timedelta(hours=1)
REFUSED = {Verdict.GONE, Verdict.REJECTED}
"""What is said of a command to a session that is not there: GONE by networks that can tell why."""


def sessions_in(batch: Batch) -> list[SessionRecord]:
    """The session records that the exchange acts on."""
    return Inspector().inspect(batch, {}, START, None).records


async def readings_in(batch: Batch, adapter: Adapter) -> list[Reading]:
    """The readings that the exchange believes."""
    facts = {each.evse_id: each for each in await adapter.list_evses()}
    return Inspector().inspect(batch, facts, batch.as_of or START, None).readings


@dataclass
class Peer:
    """An adapter with a network behind it where S0 charges at E0 from START on for an hour.

    `seen_within` is how late the begin of a session is known where the network does not tell it.
    """

    adapter: Adapter
    let: Callable[[timedelta], Awaitable[None]]
    session_id: Callable[[], str] = lambda: "S0"
    quantum_kw: float = 0.1 * A
    seen_within: timedelta = timedelta(0)

    def named(self, command: Setpoint) -> Setpoint:
        """A command by the name that the adapter gives the session."""
        return replace(command, session_id=self.session_id()) if command.session_id == "S0" else command

    @property
    def is_async(self) -> bool:
        return self.adapter.capabilities.ack is Ack.ASYNC


def evse(number: int) -> Evse:
    return Evse(
        evse_id=EvseId(f"E{number}"),
        max_kw=32 * A,
        min_kw=6 * A,
        standing_cap_kw=6 * A,
        voltage_v=208.0,
        controlled=number < 2,
    )


def garage() -> Site:
    """Three EVSEs, one of them not controlled."""
    return Site(
        site_id=SiteId("garage"),
        name="Garage",
        time_zone="UTC",
        limit_kw=50,
        tariff_id="none",
        evses=tuple(evse(number) for number in range(3)),
    )


def long_visit() -> Visit:
    """A hungry car at E0, for as long as a test lasts."""
    return Visit(
        session_id="S0",
        evse_id="E0",
        token_uid="T0",
        arrives_at=START,
        leaves_at=LEAVES_AT,
        energy_kwh=60,
        car_kw=6.656,
        efficiency=0.97,
    )


def native() -> Peer:
    site, visit = garage(), long_visit()
    clock = SetClock(START)
    network = SimulatedNetwork(Network(site, [visit], start_at=START), [visit], clock=clock, vendor_key="key")

    async def let(span: timedelta) -> None:
        clock.instant += span

    transport = httpx.ASGITransport(app=network.app)
    return Peer(NativeAdapter("http://vendor", "key", transport=transport), let)


def memory() -> Peer:
    adapter = MemoryAdapter(
        evses=tuple(
            EvseFacts(
                evse_id=f"E{number}",
                site_id="garage",
                max_kw=32 * A,
                min_kw=6 * A,
                standing_cap_kw=6 * A,
                quantum_kw=0.1 * A,
                controlled=number < 2,
            )
            for number in range(3)
        ),
        as_of=START,
    )
    clock = SetClock(START)

    async def let(span: timedelta) -> None:
        before, clock.instant = clock.instant, clock.instant + span
        adapter.as_of = clock.instant
        if before == START:
            adapter.plug_in("S0", "E0", "T0", START)
        if clock.instant < LEAVES_AT:
            adapter.measure("E0", clock.instant, 1.2, 0.1)
        elif before < LEAVES_AT:
            adapter.unplug("E0", LEAVES_AT)

    return Peer(adapter, let)


@pytest.fixture(params=[native, memory], ids=["native", "memory"])
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    made = request.param()
    yield made
    await made.adapter.close()


def setpoint(
    version: int = 1, *, session_id: str = "S0", limit_kw: float = 3.12, evse_id: str = "E0", attempt: int = 1
) -> Setpoint:
    return Setpoint(
        command_id=f"garage.{version}.{evse_id}.{attempt}",
        rank=(version, attempt),
        evse_id=evse_id,
        session_id=session_id,
        steps=(Step(START, limit_kw), Step(START + timedelta(minutes=30), 6 * A)),
        expires_at=START + timedelta(hours=1),
    )


async def verdict(peer: Peer, command: Setpoint) -> Verdict:
    (word,) = await peer.adapter.submit([peer.named(command)])
    assert word.command_id == command.command_id
    return word.verdict


async def active(peer: Peer, evse_id: str = "E0") -> str | None:
    (told,) = await peer.adapter.read_active([evse_id])
    return told.command_id


async def test_evses_are_described_in_kilowatts(peer):
    facts = {each.evse_id: each for each in await peer.adapter.list_evses()}
    assert set(facts) == {"E0", "E1", "E2"}
    assert facts["E0"].max_kw == pytest.approx(6.656)
    assert facts["E0"].min_kw == facts["E0"].standing_cap_kw == pytest.approx(1.248)
    assert facts["E0"].quantum_kw == pytest.approx(peer.quantum_kw)
    assert (facts["E1"].controlled, facts["E2"].controlled) == (True, False)


async def test_sessions_and_readings_arrive_once_and_in_our_words(peer):
    first = await peer.adapter.pull(None)
    await peer.let(timedelta(minutes=3))
    second = await peer.adapter.pull(first.cursor)
    third = await peer.adapter.pull(second.cursor)
    (session,) = sessions_in(second)
    assert (session.session_id, session.evse_id, session.token_uid) == (peer.session_id(), "E0", "T0")
    assert (session.status, session.live) == (SessionStatus.ACTIVE, True)
    assert START <= session.started_at <= START + peer.seen_within
    readings = await readings_in(second, peer.adapter)
    assert readings
    assert all(reading.power_kw == pytest.approx(1.21, abs=0.02) for reading in readings)
    assert second.as_of == START + timedelta(minutes=3)
    assert not third.sessions
    assert not await readings_in(third, peer.adapter)


async def test_the_end_of_a_session_is_told(peer):
    await peer.let(timedelta(minutes=1))
    batch = await peer.adapter.pull(None)
    await peer.let(timedelta(hours=2))
    last = sessions_in(await peer.adapter.pull(batch.cursor))[-1]
    assert last.status is SessionStatus.COMPLETED
    assert last.ended_at == LEAVES_AT


async def test_a_command_is_accepted_then_applied_and_read_back(peer):
    await peer.let(timedelta(minutes=1))
    cursor = (await peer.adapter.pull(None)).cursor
    assert await verdict(peer, setpoint()) is Verdict.ACCEPTED
    await peer.let(timedelta(seconds=30))
    words = (await peer.adapter.pull(cursor)).words
    applied = [("garage.1.E0.1", Verdict.APPLIED)] if peer.is_async else []
    assert [(word.command_id, word.verdict) for word in words] == applied
    assert await active(peer) == "garage.1.E0.1"
    assert await active(peer, "E1") is None


async def test_the_same_command_again_is_the_same_command(peer):
    await peer.let(timedelta(minutes=1))
    cursor = (await peer.adapter.pull(None)).cursor
    for _ in range(3):
        assert await verdict(peer, setpoint()) is Verdict.ACCEPTED
    await peer.let(timedelta(seconds=30))
    assert len((await peer.adapter.pull(cursor)).words) == (1 if peer.is_async else 0)


@pytest.mark.invariant("I-20")
async def test_a_lower_rank_never_takes_the_place_of_a_higher(peer):
    await peer.let(timedelta(minutes=1))
    assert await verdict(peer, setpoint(version=7)) is Verdict.ACCEPTED
    await peer.let(timedelta(seconds=30))
    assert await verdict(peer, setpoint(version=6, limit_kw=6.24)) is Verdict.REJECTED
    await peer.let(timedelta(seconds=30))
    assert await active(peer) == "garage.7.E0.1"


async def test_what_cannot_be_is_rejected_and_the_rest_goes_on(peer):
    await peer.let(timedelta(minutes=1))
    await peer.adapter.pull(None)
    commands = [
        setpoint(version=1, session_id="S9"),
        setpoint(version=2, evse_id="E1"),
        setpoint(version=3, limit_kw=0.624),
        setpoint(version=4),
    ]
    words = await peer.adapter.submit([peer.named(command) for command in commands])
    verdicts = [word.verdict for word in words]
    assert set(verdicts[:2]) <= REFUSED
    assert verdicts[2:] == [Verdict.REJECTED, Verdict.ACCEPTED]
    assert all(word.reason for word in words[:3])


async def test_a_release_takes_the_place_of_a_sequence(peer):
    await peer.let(timedelta(minutes=1))
    await verdict(peer, setpoint(version=1))
    release = Setpoint(
        command_id="garage.2.E0.1", rank=(2, 1), evse_id="E0", session_id="S0", steps=(), expires_at=None
    )
    assert await verdict(peer, release) is Verdict.ACCEPTED
    await peer.let(timedelta(seconds=30))
    assert await active(peer) == "garage.2.E0.1"


@pytest.mark.invariant("I-6")
async def test_nothing_of_a_session_outlives_it(peer):
    await peer.let(timedelta(minutes=1))
    await verdict(peer, setpoint())
    await peer.let(timedelta(hours=2))
    assert await active(peer) is None
    assert await verdict(peer, setpoint(version=2)) in REFUSED


@pytest.mark.parametrize("make", [native, memory], ids=["native", "memory"])
async def test_a_command_to_a_car_that_left_is_gone(make):
    peer = make()
    await peer.let(timedelta(minutes=1))
    await peer.let(timedelta(hours=2))
    assert await verdict(peer, setpoint()) is Verdict.GONE


async def test_a_wrong_key_is_a_fault_of_the_settings_and_is_not_told():
    peer = native()
    adapter = NativeAdapter("http://vendor", "wrong-key", transport=peer.adapter._client._transport)
    with pytest.raises(Misconfigured, match="READYBY_VENDOR_KEY") as caught:
        await adapter.pull(None)
    assert "wrong-key" not in str(caught.value)
