"""EVSEs that are not heard of call for a plan, and are none that a plan counts on (I-5)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from readyby.errors import BadInput
from readyby.store import api
from tests.support.store_world import SITE, StoreWorld, minute, page, receipt, session_record


def tell(world: StoreWorld, at: float = 0, **standing: Any) -> api.Ingested:
    world.cursor += 1
    told = json.loads(page(world.cursor, as_of=minute(at))) | standing
    return world.do(api.IngestPage(body=json.dumps(told).encode(), received_at=minute(at)))


def situation(world: StoreWorld) -> api.SituationData:
    return world.ask(api.ReadSituation(site_id=SITE, now=minute(1)))


@pytest.mark.invariant("I-5")
def test_silence_is_an_event_once_and_so_is_its_end(world: StoreWorld) -> None:
    world.ingest([session_record(1)])
    world.claim("c0")
    assert tell(world, 1, silent=["E1", "E9"]).silence_changed
    assert not tell(world, 2, silent=["E1"]).silence_changed
    assert (situation(world).not_following, situation(world).silent) == (("E1",), ("E1",))
    assert world.claim("c1").events == ("evse_silent: E1",)
    assert tell(world, 3, silent=[]).silence_changed
    assert (situation(world).not_following, situation(world).silent) == ((), ())
    assert world.claim("c2").events == ("evse_heard_again: E1",)


def test_of_whom_an_exchange_does_not_say_nothing_changes(world: StoreWorld) -> None:
    tell(world, 1, silent=["E1", "E2"])
    assert not tell(world, 2).silence_changed
    assert tell(world, 3, silent=[], undecided=["E1", "E3"]).silence_changed
    assert situation(world).silent == ("E1",)


def test_who_does_not_follow_and_is_silent_is_both(world: StoreWorld) -> None:
    world.receive(receipt(1, "a", "not_followed"), receipt(2, "b", "not_followed", evse_id="E3"))
    tell(world, 1, silent=["E2", "E3"])
    assert situation(world).not_following == ("E1", "E2", "E3")
    assert situation(world).silent == ("E2", "E3")
    tell(world, 2, silent=[])
    assert situation(world).not_following == ("E1", "E3")


def test_how_often_meters_tell_is_known_to_plans_and_pages(world: StoreWorld) -> None:
    ref = world.welcome()
    assert situation(world).meter_every == timedelta(minutes=1)
    tell(world, 1, meter_every_s=900.0)
    assert situation(world).meter_every == timedelta(minutes=15)
    assert world.ask(api.ReadStatus(session_ref=ref, now=minute(1))).meter_every == timedelta(minutes=15)
    tell(world, 2, meter_every_s="often")
    assert situation(world).meter_every == timedelta(minutes=1)


def test_a_silence_that_is_no_list_is_refused(world: StoreWorld) -> None:
    with pytest.raises(BadInput, match="silent"):
        tell(world, 1, silent="E1")
