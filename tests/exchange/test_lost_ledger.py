"""An exchange that begins with an empty ledger beside a network that holds commands of a former one."""

from dataclasses import replace

import pytest

from readyby.clocks import SetClock
from readyby.contract import PlanEnvelope
from readyby.errors import Unreachable
from readyby.exchange.adapter import Readback
from readyby.exchange.memory import MemoryAdapter
from tests.exchange.served import NOW, Bench, bench_on, network, plan

MAX_KW, CAP_KW = 6.656, 1.248


@pytest.fixture
def adapter() -> MemoryAdapter:
    held = network()
    for number in range(4):
        held.plug_in(f"S{number}", f"E{number}", None, NOW)
    return held


def worst_kw(bench: Bench) -> dict[str, float]:
    return {state.evse_id: state.worst_case_kw for state in bench.exchange.evses()}


async def after_a_loss(tmp_path, adapter: MemoryAdapter) -> Bench:
    """E0 was told 6 kW and E1 its cap; then the ledger went."""
    clock = SetClock(NOW)
    former = bench_on(tmp_path / "former.sqlite", adapter, clock)
    await former.poll()
    former.exchange.take_plan(PlanEnvelope.model_validate(plan(E0=6.0)))
    await former.let(5, E0=6.0, E1=1.2, E2=1.2, E3=1.2)
    former.ledger.close()
    bench = bench_on(tmp_path / "new.sqlite", adapter, clock)
    await bench.poll()
    return bench


async def test_what_an_evse_holds_unknown_to_the_ledger_counts_at_its_maximum_until_it_is_told(
    tmp_path, adapter
):
    bench = await after_a_loss(tmp_path, adapter)
    assert worst_kw(bench) == {"E0": MAX_KW, "E1": CAP_KW, "E2": CAP_KW, "E3": CAP_KW}
    noticed = (await bench.http.get("/v1/notices")).json()["notices"]
    assert [each["evse_id"] for each in noticed if each["kind"] == "strange_command"] == ["E0"]
    bench.exchange.take_plan(PlanEnvelope.model_validate(plan(2, E1=3.0)))
    await bench.settle()
    assert [each.evse_id for each in adapter.submitted[1:]] == ["E0"], "its fall comes before the rise"
    await bench.let(5, E0=1.2, E1=1.2, E2=1.2, E3=1.2)
    assert adapter.submitted[-1].evse_id == "E1"
    assert worst_kw(bench)["E0"] == CAP_KW


async def test_where_nothing_can_be_read_back_all_count_at_their_maximum(tmp_path, adapter):
    adapter.capabilities = replace(adapter.capabilities, readback=Readback.NONE)
    bench = await after_a_loss(tmp_path, adapter)
    assert set(worst_kw(bench).values()) == {MAX_KW}


async def test_who_comes_later_counts_at_the_standing_cap(tmp_path, adapter):
    bench = await after_a_loss(tmp_path, adapter)
    adapter.unplug("E0", NOW)
    adapter.plug_in("S9", "E0", None, bench.clock.now())
    await bench.poll()
    assert worst_kw(bench)["E0"] == CAP_KW


async def test_an_evse_that_cannot_be_asked_is_asked_less_often_and_no_network_is_lost(tmp_path, adapter):
    bench = bench_on(tmp_path / "exchange.sqlite", adapter, SetClock(NOW))
    asked = []

    async def away(evse_ids):
        asked.append(evse_ids)
        raise Unreachable("E0 is not connected")

    adapter.read_active = away
    machine_ms = 0
    bench.exchange._machine_ms = lambda: machine_ms
    for _ in range(200):
        machine_ms += 1_000
        await bench.poll()
    assert bench.exchange.health().status == "ok"
    assert 5 < sum("E0" in evse_ids for evse_ids in asked) < 20
    notices = (await bench.http.get("/v1/notices")).json()["notices"]
    assert "network_lost" in {each["kind"] for each in notices}
