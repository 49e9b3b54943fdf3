"""One contract for core's side of the exchange: over HTTP to the real server, and its in-memory twin."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from readyby.contract import FeedPage, PlanEntry, PlanEnvelope, PlanStep, ReceiptPage
from readyby.errors import Conflict, Unreachable
from readyby.exchange_client import ExchangeClient, HttpExchange, MemoryExchange
from readyby.network.network import Network
from tests.exchange.test_loop import START, running, site, visit


@pytest.fixture(params=["http", "memory"])
async def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ExchangeClient]:
    if request.param == "memory":
        yield MemoryExchange()
        return
    async with running(tmp_path, Network(site(), [visit(0)], start_at=START)) as core:
        await core.let(1)
        client = HttpExchange(str(core.http.base_url), "core-token")
        yield client
        await client.close()


def plan(version: int, limit_kw: float = 1.248) -> PlanEnvelope:
    entry = PlanEntry(
        session_id="S0",
        evse_id="E0",
        controlled=True,
        steps=[PlanStep(start_at=START, limit_kw=limit_kw)],
        expires_at=START.replace(hour=20),
    )
    return PlanEnvelope(
        plan_version=version, site_id="garage", issued_at=START, limit_kw=16.0, entries=[entry]
    )


async def test_pages_carry_a_cursor_that_never_goes_back(exchange: ExchangeClient) -> None:
    first = FeedPage.model_validate_json(await exchange.feed(0, 0.0))
    again = FeedPage.model_validate_json(await exchange.feed(first.next, 0.0))
    assert again.next >= first.next
    receipts = ReceiptPage.model_validate_json(await exchange.receipts(0, 0.0))
    assert receipts.next >= 0


async def test_a_newer_plan_is_taken_and_an_older_one_is_a_conflict(exchange: ExchangeClient) -> None:
    taken = await exchange.put_plan(plan(3))
    assert taken.plan_version == 3
    assert (await exchange.put_plan(plan(3))).plan_version == 3
    with pytest.raises(Conflict):
        await exchange.put_plan(plan(2))
    assert (await exchange.put_plan(plan(4, 2.0))).plan_version == 4


async def test_it_says_how_it_is(exchange: ExchangeClient) -> None:
    assert (await exchange.health()).status == "ok"
    assert isinstance(await exchange.evses(), tuple)


async def test_waiting_for_news_ends(exchange: ExchangeClient) -> None:
    cursor = FeedPage.model_validate_json(await exchange.feed(0, 0.0)).next
    async with asyncio.timeout(5):
        await exchange.feed(cursor, 0.05)


async def test_an_exchange_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    client = HttpExchange("http://127.0.0.1:9", "token")
    with pytest.raises(Unreachable, match="is it running"):
        await client.feed(0, 0.0)
    await client.close()


async def test_a_wrong_token_is_refused_without_repeating_it(tmp_path: Path) -> None:
    async with running(tmp_path, Network(site(), [visit(0)], start_at=START)) as core:
        client = HttpExchange(str(core.http.base_url), "a-wrong-token")
        with pytest.raises(Exception, match="401") as refused:
            await client.feed(0, 0.0)
        assert "a-wrong-token" not in str(refused.value)
        await client.close()
