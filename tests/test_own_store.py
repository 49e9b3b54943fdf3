"""What is older than allowed goes: the rows every night, the bytes when the file is written anew."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from readyby import wiring
from readyby.cli.app import app
from readyby.clocks import SetClock
from readyby.exchange_client import MemoryExchange
from readyby.own_store import forgetting, own_store
from readyby.settings import Settings
from readyby.sms.memory import MemoryMessenger
from readyby.store.api import ErasePerson, Forgotten, GrantTime
from readyby.store.engine import LocalStore
from tasks.care import forget_old
from tests.support.store_world import START, StoreWorld, minute, person, session_record

OLD, NEW = "+16265550191", "+16265550192"
DAYS = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        state_dir=tmp_path / "state",
        min_free_mb=0,
        keep_people_days=100,
        keep_messages_days=50,
        keep_links_days=10,
        keep_meter_days=70,
    )


class Kept(StoreWorld):
    """A store on disk as the settings keep it."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.cursor = settings, 0
        self.store: LocalStore = own_store(settings)

    def again(self) -> None:
        """Closed, and opened as core does when it starts."""
        self.store.close()
        self.store = own_store(self.settings)

    def bytes(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.settings.state_dir.glob("readyby.duckdb*"))


@pytest.fixture
def kept(settings: Settings) -> Iterator[Kept]:
    world = Kept(settings)
    world.furnish(person("tok-1", OLD), person("tok-2", NEW, line=3))
    for number in (1, 2):
        world.welcome(number)
        world.ingest(meter=[(f"S{number}", f"E{number}", minute(5), 3.25, 1.5)])
    ended = {"status": "COMPLETED", "ended_at": minute(60).isoformat(), "energy_kwh": 5.0}
    world.ingest([session_record(1, **ended, last_updated=minute(60).isoformat())], at=minute(60))
    yield world
    world.store.close()


def forget(world: Kept, days: float) -> Forgotten:
    return world.do(forgetting(world.settings, START + days * DAYS))


def test_nothing_goes_before_its_time(kept: Kept) -> None:
    assert not forget(kept, 9).anything
    kept.again()
    assert len(kept.rows("select * from forgotten")) == 0


def test_each_kind_goes_by_its_own_time_and_an_active_session_keeps_what_it_needs(kept: Kept) -> None:
    assert forget(kept, 11) == Forgotten(people=0, sessions=0, messages=0, links=1, meter_values=0)
    assert forget(kept, 51) == Forgotten(people=0, sessions=0, messages=1, links=0, meter_values=0)
    assert forget(kept, 71) == Forgotten(people=0, sessions=0, messages=0, links=0, meter_values=2)
    assert forget(kept, 101).people == 1
    assert forget(kept, 102) == Forgotten(people=0, sessions=0, messages=0, links=0, meter_values=0)
    (left,) = kept.rows("select phone from person")
    assert left["phone"] == NEW
    assert len(kept.rows("select * from link")) == len(kept.rows("select * from message")) == 1
    (session,) = kept.rows("select * from session where session_id = 'S1'")
    assert (session["token_hash"], session["participant_key"]) == (None, None)
    assert session["energy_kwh"] == 5.0


def test_meter_data_goes_in_all_its_forms(kept: Kept) -> None:
    kept.ingest([session_record(1, status="BROKEN")])
    assert kept.rows("select * from quarantine")
    forget(kept, 71)
    for table in ("meter_value", "meter_slot", "session_meter", "quality_mark", "quarantine"):
        assert kept.rows(f"select * from {table}") == [], table


def test_no_byte_is_left_once_core_has_started_again(kept: Kept) -> None:
    forget(kept, 101)
    kept.store.database.connection.execute("checkpoint")
    assert kept.rows("select * from forgotten")
    kept.again()
    left = kept.bytes()
    assert OLD.encode() not in left
    assert NEW.encode() in left
    assert kept.rows("select * from forgotten") == []


def test_who_was_erased_while_core_ran_is_gone_to_the_last_byte_too(kept: Kept) -> None:
    kept.do(ErasePerson(phone=OLD, at=START))
    kept.store.database.connection.execute("checkpoint")
    assert OLD.encode() in kept.bytes(), "the scan sees deleted rows; else it proves nothing"
    kept.again()
    assert OLD.encode() not in kept.bytes()


def test_a_stop_and_texts_that_were_taken_stay_known(kept: Kept) -> None:
    from readyby.store.api import MarkStopped, RecordInbound

    kept.do(MarkStopped(phone=OLD, stopped=True, at=START))
    kept.do(RecordInbound(message_sid="SM1", phone=OLD, at=START))
    forget(kept, 1000)
    assert len(kept.rows("select * from stopped_phone")) == 1
    assert kept.do(RecordInbound(message_sid="SM1", phone=OLD, at=START)).is_new is False


async def test_the_act_goes_by_the_stores_time_where_time_is_scaled(kept: Kept) -> None:
    adapters = wiring.Adapters(
        store=kept.store,
        exchange=MemoryExchange(),
        messenger=MemoryMessenger(),
        clock=SetClock(START + 1000 * DAYS),
        settings=kept.settings,
    )
    wiring.use(adapters)
    try:
        await kept.store.do(GrantTime(until=START + 11 * DAYS, speed=60.0))
        assert "0 people" in await forget_old()
        assert len(kept.rows("select * from person")) == 2
    finally:
        wiring.use(None)


def test_by_hand(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.store.close()
    monkeypatch.setenv("READYBY_STATE_DIR", str(kept.settings.state_dir))
    monkeypatch.setenv("READYBY_TOML", "/dev/null")
    monkeypatch.setenv("READYBY_MIN_FREE_MB", "0")
    monkeypatch.setenv("READYBY_KEEP_PEOPLE_DAYS", "1")
    result = CliRunner().invoke(app, ["db", "forget"])
    assert result.exit_code == 0, result.output
    assert "1 people" in result.output
    assert "written anew" in result.output
    assert OLD.encode() not in kept.bytes()
    kept.store = own_store(kept.settings)
