"""Anything at the exchange's own doors: every answer is below HTTP 500, and nothing of it is kept."""

import asyncio
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.clocks import SetClock
from tests.exchange.served import NOW, Bench, bench_on, network, plan

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("plan_version", "site_id", "issued_at", "limit_kw", "entries")
ENTRY_FIELDS = ("session_id", "evse_id", "controlled", "steps", "expires_at")
DOORS = st.sampled_from(["/v1/feed", "/v1/receipts", "/v1/notices", "/v1/evses", "/v1/health", "/v1/x"])
VALUES = st.integers().map(str) | st.floats().map(str) | st.text(st.characters(codec="utf-8"), max_size=8)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "after": VALUES,
        "limit": VALUES,
        "x": VALUES,
        "wait_s": st.sampled_from(["0", "nan", "-1", "x"]),
    },
)
fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def spoilt_plans(draw: st.DrawFn) -> bytes:
    """A plan of which one part is something else."""
    told = plan(draw(st.integers(1, 9)), E0=3.12, E1=1.248)
    part, names = draw(st.sampled_from([(told, FIELDS), (told["entries"][0], ENTRY_FIELDS)]))
    part[draw(st.sampled_from(names))] = draw(JSON)
    return json.dumps(told).encode()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Bench]:
    made = bench_on(tmp_path / "exchange.sqlite", network(), SetClock(NOW))
    made.adapter.plug_in("S0", "E0", None, NOW)
    yield made
    made.ledger.close()


def answer(door: Bench, method: str, path: str, **more: object) -> int:
    async def ask() -> int:
        await door.exchange.poll()
        said = await door.http.request(method, path, **more)
        await door.exchange.settled()
        return int(said.status_code)

    return asyncio.run(ask())


@fuzzed
@given(body=spoilt_plans() | JSON.map(json.dumps).map(str.encode) | st.binary(max_size=200))
def test_any_plan(door: Bench, body: bytes) -> None:
    assert answer(door, "PUT", "/v1/sites/garage/plan", content=body) < 500
    assert door.exchange.health().status == "ok"


@fuzzed
@given(path=DOORS, query=QUERIES, method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]))
def test_any_question(door: Bench, path: str, query: dict[str, str], method: str) -> None:
    assert answer(door, method, path, params=query) < 500


def test_a_flood_of_refused_plans_takes_no_memory(door: Bench) -> None:
    """40 plans of 200 kB that cannot be meant: what came is not kept."""
    entry = plan(1, E0=3.12)["entries"][0]
    body = json.dumps({**plan(1), "entries": [{**entry, "evse_id": f"X{n}"} for n in range(1_000)]}).encode()
    assert answer(door, "PUT", "/v1/sites/garage/plan", content=body) == 422

    async def flood(times: int) -> None:
        for _ in range(times):
            await door.http.put("/v1/sites/garage/plan", content=body)

    asyncio.run(flood(5))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        asyncio.run(flood(40))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2 * 2**20
