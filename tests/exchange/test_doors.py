"""Who may come in at the exchange, with what, and the document that says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import orjson
import pytest
from openapi_spec_validator import validate

from readyby.clocks import SetClock
from readyby.errors import Misconfigured, Unreachable
from readyby.exchange import app as app_module
from readyby.exchange.app import create_app, openapi_json
from readyby.exchange.ledger import Ledger
from readyby.settings import PROJECT_ROOT, Settings
from tests.exchange.served import NOW, TOKEN, network, plan

# --- doors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/feed", "/v1/receipts", "/v1/evses"])
@pytest.mark.parametrize(
    "offered", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"]
)
async def test_nobody_reads_without_the_token(bench, path, offered):
    bench.http.headers.pop("Authorization")
    answer = await bench.http.get(path, headers={"Authorization": offered} if offered is not None else {})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in answer.text


async def test_nobody_plans_without_the_token(bench):
    await bench.poll()
    answer = await bench.http.put(
        "/v1/sites/garage/plan", json=plan(), headers={"Authorization": "Bearer no"}
    )
    assert answer.status_code == 401
    assert bench.ledger.newest_version("garage") is None


async def test_health_needs_no_token_and_tells_the_networks_trouble(bench):
    bench.http.headers.pop("Authorization")
    assert (await bench.http.get("/v1/health")).json()["status"] == "starting"
    await bench.poll()
    health = (await bench.http.get("/v1/health")).json()
    assert (health["status"], health["network"]) == ("ok", "memory")
    assert datetime.fromisoformat(health["as_of"]) == NOW
    bench.adapter.outage = lambda: Unreachable("vendor: gone fishing")
    await bench.poll()
    health = (await bench.http.get("/v1/health")).json()
    assert (health["status"], health["detail"]) == ("degraded", "vendor: gone fishing")


def test_an_empty_token_is_refused_at_the_start(tmp_path):
    with pytest.raises(Misconfigured, match="READYBY_EXCHANGE_TOKEN"):
        create_app(Settings(), clock=SetClock(NOW), adapter=network(), ledger=Ledger(tmp_path / "x.sqlite"))


async def test_a_body_that_is_too_large_is_refused(bench, monkeypatch):
    monkeypatch.setattr(app_module, "MAX_BODY_BYTES", 1000)
    answer = await bench.http.put("/v1/sites/garage/plan", content=b" " * 2000)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_never_ends_is_cut_off(bench, monkeypatch):
    monkeypatch.setattr(app_module, "CALL_DEADLINE_S", 0.05)
    monkeypatch.setattr(app_module, "MAX_WAIT_S", 0.0)

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    answer = await bench.http.put("/v1/sites/garage/plan", content=trickle())
    assert answer.status_code == 408


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plan_version": 0}, "plan_version"),
        ({"limit_kw": -1}, "limit_kw"),
        ({"issued_at": "2019-07-24T15:00:00"}, "issued_at"),
        ({"entries": [{}]}, "entries"),
        ({"site_id": "other"}, "site_id"),
    ],
)
async def test_a_plan_that_cannot_be_read_is_refused_by_field(bench, change, field):
    await bench.poll()
    answer = await bench.http.put("/v1/sites/garage/plan", json={**plan(), **change})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["field"]
    assert bench.ledger.newest_version("garage") is None


@pytest.mark.parametrize("body", [b"", b"null", b"{", b'{"plan_version": NaN}', b"[]", b"\xff", b"[" * 5000])
async def test_nonsense_is_refused_politely(bench, body):
    await bench.poll()
    answer = await bench.http.put(
        "/v1/sites/garage/plan", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_entries_that_cannot_be_meant_are_refused_whole(bench):
    await bench.poll()
    twice = plan(1, E0=3.12)
    twice["entries"] *= 2
    unknown = plan(1, E9=3.12)
    backward = plan(1, E0=3.12)
    backward["entries"][0]["steps"] *= 2
    for bad in (twice, unknown, backward):
        assert (await bench.http.put("/v1/sites/garage/plan", json=bad)).status_code == 422


async def test_a_site_is_unknown_or_not_known_yet(bench):
    early = await bench.http.put("/v1/sites/garage/plan", json=plan())
    assert (early.status_code, early.headers["retry-after"]) == (503, "1")
    await bench.poll()
    assert (await bench.http.put("/v1/sites/mars/plan", json=plan(site_id="mars"))).status_code == 404


# --- versions ---------------------------------------------------------------------------------------------


async def test_a_version_means_one_plan_for_ever(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    first = await bench.http.put("/v1/sites/garage/plan", json=plan(7, E0=3.12))
    again = await bench.http.put("/v1/sites/garage/plan", json=plan(7, E0=3.12))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json() == {"plan_version": 7, "commands": 1}
    assert (await bench.http.put("/v1/sites/garage/plan", json=plan(7, E0=3.328))).status_code == 409
    older = await bench.http.put("/v1/sites/garage/plan", json=plan(6, E0=3.12))
    assert older.status_code == 409
    assert "newer" in older.json()["detail"]
    await bench.settle()
    assert len(bench.adapter.submitted) == 1


# --- the document -----------------------------------------------------------------------------------------


def test_the_committed_openapi_document_is_current():
    committed = (PROJECT_ROOT / "docs" / "exchange-openapi.json").read_text(encoding="utf-8")
    assert committed == openapi_json(), "make it anew: make docs"


def test_the_openapi_document_is_valid():
    validate(orjson.loads(openapi_json()))
