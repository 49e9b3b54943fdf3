"""Trying a network that was just connected: a limit is verified, and cleared whatever happened."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from readyby.clocks import SetClock
from readyby.errors import Misconfigured, Unreachable
from readyby.exchange.adapter import Readback, Setpoint, Verdict, Word
from readyby.exchange.memory import MemoryAdapter
from readyby.exchange.trial import try_network
from readyby.model import Step
from tests.exchange.served import NOW, network


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("readyby.exchange.trial.LOOK_EVERY_S", 0.001)
    monkeypatch.setattr("readyby.exchange.trial.LOOK_LATE_EVERY_S", 0.001)
    monkeypatch.setattr("readyby.exchange.trial.READ_BACK_WITHIN_S", 0.05)


def with_a_car() -> MemoryAdapter:
    adapter = network()
    adapter.plug_in("S0", "E0", None, NOW)
    return adapter


async def test_a_limit_is_set_read_back_and_released():
    adapter, said = with_a_car(), []
    await try_network(adapter, SetClock(NOW), "E0", said.append)
    assert [each.is_release for each in adapter.submitted] == [False, True]
    assert adapter.submitted[0].steps[0].limit_kw == 1.248
    assert [line.partition(" after ")[0] for line in said[-4:]] == [
        "limit of 1.248 kW: accepted",
        "limit of 1.248 kW: read back",
        "release: accepted",
        "release: read back",
    ]


async def test_a_network_that_is_late_by_nature_gets_the_time_that_it_declares():
    adapter, said = with_a_car(), []
    adapter.capabilities = replace(adapter.capabilities, ack_within=timedelta(seconds=60))
    read_active, looks = adapter.read_active, []

    async def late(evse_ids):
        looks.append(evse_ids)
        return () if len(looks) % 100 else await read_active(evse_ids)

    adapter.read_active = late
    await try_network(adapter, SetClock(NOW), "E0", said.append)
    assert len(looks) == 200
    assert said[-1].startswith("release: read back")


async def test_a_limit_that_cannot_be_read_back_is_released_all_the_same():
    adapter = with_a_car()
    adapter.capabilities = replace(adapter.capabilities, ack_within=timedelta(0))
    adapter.read_active = nothing_held
    with pytest.raises(Unreachable, match="not read back"):
        await try_network(adapter, SetClock(NOW), "E0", print)
    assert [each.is_release for each in adapter.submitted] == [False, True]


async def nothing_held(_evse_ids):
    return ()


async def test_a_network_that_refuses_is_named_with_the_remedy():
    adapter = with_a_car()
    submit = adapter.submit

    async def refuse(setpoints):
        await submit(setpoints)
        return tuple(
            Word(command_id=each.command_id, verdict=Verdict.REJECTED, reason="no contract")
            for each in setpoints
        )

    adapter.submit = refuse
    with pytest.raises(Misconfigured, match="release: rejected: no contract: ask the network"):
        await try_network(adapter, SetClock(NOW), "E0", print)


@pytest.mark.parametrize(("power_kw", "is_seen"), [(1.2, True), (6.6, False)])
async def test_where_nothing_is_read_back_the_meter_proves(monkeypatch, power_kw, is_seen):
    monkeypatch.setattr("readyby.exchange.trial.SEEN_WITHIN_S", 5.0 if is_seen else 0.1)
    adapter, clock, said = with_a_car(), SetClock(NOW), []
    adapter.capabilities = replace(adapter.capabilities, readback=Readback.NONE)

    async def measure() -> None:
        while True:
            clock.instant += timedelta(minutes=1)
            adapter.measure("E0", clock.instant, power_kw)
            await asyncio.sleep(0.001)

    meter = asyncio.create_task(measure())
    try:
        if is_seen:
            await try_network(adapter, clock, "E0", said.append)
            assert "limit of 1.248 kW: seen in the meter" in said
        else:
            with pytest.raises(Unreachable, match="not seen in its meter"):
                await try_network(adapter, clock, "E0", said.append)
    finally:
        meter.cancel()
    assert adapter.submitted[-1].is_release


async def test_a_session_that_a_plan_commanded_is_tried_after_it_and_before_the_next_plan():
    adapter = with_a_car()
    former = Setpoint(
        command_id="g.7.E0.3",
        rank=(7, 3),
        evse_id="E0",
        session_id="S0",
        steps=(Step(NOW, 3.12),),
        expires_at=NOW + timedelta(hours=1),
    )
    await adapter.submit([former])

    def newest_rank(session_id: str) -> tuple[int, int]:
        assert session_id == "S0"
        return (7, 3)

    await try_network(adapter, SetClock(NOW), "E0", print, newest_rank=newest_rank)
    assert [each.rank for each in adapter.submitted] == [(7, 3), (7, 4), (7, 5)]
    (word,) = await adapter.submit([replace(former, command_id="g.8.E0.1", rank=(8, 1))])
    assert word.verdict is Verdict.ACCEPTED
