"""Half a wish is in the store: it outlives core, and goes with whom it belongs to."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from readyby.errors import NotFound
from readyby.model import SessionRef
from readyby.store.api import (
    ErasePerson,
    HalfWish,
    IngestPage,
    KeepHalf,
    MatchSessions,
    ReadHalf,
    RecordInbound,
)
from readyby.store.engine import LocalStore, open_store
from tests.support.small_site import PHONES, START, SmallWorld, counted_ids

AGO = START - timedelta(minutes=30)


def opened(path: Path) -> LocalStore:
    return open_store(path / "half.duckdb", pepper=b"p" * 32, ids=counted_ids(path.name))


@pytest.fixture
def small(tmp_path: Path) -> SmallWorld:
    """A small site whose store is a file, with one car plugged in."""
    world = SmallWorld()
    world.store.close()
    world.store = opened(tmp_path)
    asyncio.run(world.open())
    page = world.page([world.session(1, "tag-ada")])
    world.store.do_sync(IngestPage(body=page, received_at=START))
    world.store.do_sync(MatchSessions(now=START))
    return world


def ref_of(world: SmallWorld) -> SessionRef:
    inbound = RecordInbound(message_sid="SM0", phone=PHONES["tag-ada"], at=START)
    return world.store.do_sync(inbound).session_refs[0]


def test_a_half_outlives_core(small: SmallWorld, tmp_path: Path) -> None:
    ref = ref_of(small)
    half = HalfWish(departure_at=START + timedelta(hours=8))
    small.store.do_sync(KeepHalf(session_ref=ref, half=half, at=START))
    small.store.close()
    again = opened(tmp_path)
    assert again.ask_sync(ReadHalf(session_ref=ref, since=AGO)) == half
    assert again.ask_sync(ReadHalf(session_ref=ref, since=START + timedelta(seconds=1))) is None
    again.close()


def test_the_newer_half_stands_in_place_of_the_older(small: SmallWorld) -> None:
    ref = ref_of(small)
    small.store.do_sync(KeepHalf(session_ref=ref, half=HalfWish(amount=40.0, unit="mi"), at=START))
    newer = HalfWish(departure_at=START + timedelta(hours=8))
    small.store.do_sync(KeepHalf(session_ref=ref, half=newer, at=START + timedelta(minutes=1)))
    assert small.store.ask_sync(ReadHalf(session_ref=ref, since=AGO)) == newer
    small.store.close()


def test_a_half_goes_with_its_driver(small: SmallWorld) -> None:
    ref = ref_of(small)
    small.store.do_sync(KeepHalf(session_ref=ref, half=HalfWish(amount=40.0, unit="mi"), at=START))
    small.store.do_sync(ErasePerson(phone=PHONES["tag-ada"], at=START))
    cursor = small.store.database.cursor()
    assert cursor.execute("select count(*) from half_wish").fetchall() == [(0,)]
    cursor.close()
    small.store.close()


def test_nobody_keeps_a_half_of_no_session(small: SmallWorld) -> None:
    with pytest.raises(NotFound):
        small.store.do_sync(KeepHalf(session_ref=SessionRef("none"), half=HalfWish(), at=START))
    small.store.close()
