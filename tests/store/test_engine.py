"""The owner: exactly once, all or nothing, one process, and what happens when it cannot go on (I-11)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from readyby.errors import BadInput, Busy, Conflict, Misconfigured, NotFound
from readyby.store import LocalStore, api, engine, open_store
from readyby.store.database import MB
from readyby.store.lock import OwnerLock
from readyby.store.work import Work
from tests.support.store_world import SITE, START, StoreWorld, entry, site


class Wall:
    """The machine's wall clock, as the test sets it."""

    def __init__(self) -> None:
        self.instant = START

    def __call__(self) -> datetime:
        return self.instant


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "readyby.duckdb"


def opened(file: Path | str, wall: Wall, **options: object) -> LocalStore:
    return open_store(file, pepper="p", min_free_mb=0, wall=wall, **options)  # type: ignore[arg-type]


@pytest.fixture
def store(file: Path, wall: Wall) -> Iterator[LocalStore]:
    made = opened(file, wall)
    made.do_sync(api.PutSite(site=site(), at=START))
    yield made
    made.close()


def event(detail: str) -> api.AddEvent:
    return api.AddEvent(site_id=SITE, kind="k", detail=detail, at=START)


def test_an_op_id_applies_once(store: LocalStore) -> None:
    assert store.do_sync(event("a"), op_id="1") == store.do_sync(event("a"), op_id="1") == 1
    assert store.do_sync(event("a"), op_id="2") == 2
    with pytest.raises(Conflict, match="op_id 1"):
        store.do_sync(event("b"), op_id="1")
    with pytest.raises(Conflict, match="op_id 1"):
        store.do_sync(api.Beat(), op_id="1")


@pytest.mark.invariant("I-11")
@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=11), timedelta(hours=23)])
def test_an_op_id_applies_once_over_restarts(file: Path, wall: Wall, later: timedelta) -> None:
    """Within ten minutes from memory, within a day from the table."""
    first = opened(file, wall)
    first.do_sync(api.PutSite(site=site(), at=START))
    assert first.do_sync(event("a"), op_id="1") == 1
    first.close()
    wall.instant += later
    second = opened(file, wall)
    assert second.do_sync(event("a"), op_id="1") == 1
    assert second.do_sync(event("b"), op_id="2") == 2
    second.close()


def test_operations_are_forgotten_after_a_day(file: Path, wall: Wall) -> None:
    first = opened(file, wall)
    first.do_sync(api.Beat(), op_id="old")
    first.close()
    wall.instant += timedelta(hours=25)
    second = opened(file, wall)
    second.do_sync(api.Beat(), op_id="new")
    tables = second.ask_sync(api.ReadStoreStatus()).tables
    second.close()
    assert tables["applied_operation"] == 1


def test_results_come_back_as_they_were(file: Path, wall: Wall) -> None:
    world = StoreWorld(path=file, min_free_mb=0, wall=wall).furnish()
    plan = api.RecordPlan(
        site_id=SITE,
        claim_id="c",
        made_at=START,
        reason="r",
        method="m",
        situation_json="{}",
        plan_json="{}",
        entries=(entry(),),
        run_key="k",
    )
    claim = api.ClaimWork(site_id=SITE, claim_id="c", owner="o", now=START)
    world.do(event("a"))
    before = (world.do(claim, "1"), world.do(plan, "2"), world.do(api.MatchSessions(now=START), "3"))
    world.close()
    world = StoreWorld(path=file, min_free_mb=0, wall=wall)
    assert (world.do(claim, "1"), world.do(plan, "2"), world.do(api.MatchSessions(now=START), "3")) == before
    assert world.plan("c2") == 2
    world.close()


def test_a_failed_command_leaves_nothing(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(work: Work, given: api.AddEvent) -> int:
        work.run("commands/set_control_paused", site_id=SITE, paused=True)
        raise NotFound("half way")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "handler_of", lambda kind: half)
        with pytest.raises(NotFound):
            store.do_sync(event("a"), op_id="1")
    assert not store.ask_sync(api.ReadSituation(site_id=SITE, now=START)).control_paused
    assert store.do_sync(event("a"), op_id="1") == 1


async def test_it_answers_event_loops_too(store: LocalStore) -> None:
    assert await store.do(event("a"), op_id="1") == 1
    assert await store.ask(api.ListSites()) == (SITE,)
    assert (await store.table("select count(*) as n from sites")).to_pylist() == [{"n": 1}]


def test_a_second_owner_is_refused(store: LocalStore, file: Path) -> None:
    with pytest.raises(Misconfigured, match=rf"pid {os.getpid()}.*stop it"):
        open_store(file, pepper="p")
    child = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from readyby.store import open_store; open_store({str(file)!r}, pepper='p')",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == 1
    assert f"owned by another process (pid {os.getpid()})" in child.stderr


def test_a_lock_left_behind_is_harmless(file: Path, wall: Wall) -> None:
    file.parent.mkdir()
    file.with_name(file.name + ".lock").write_text("999999\n")
    opened(file, wall).close()
    opened(file, wall).close()


def test_the_lock_survives_a_look_at_the_database(file: Path, wall: Wall) -> None:
    """DuckDB's own lock does not: closing any handle of the file drops it."""
    store = opened(file, wall)
    file.read_bytes()
    with pytest.raises(Misconfigured):
        OwnerLock(file)
    store.close()


def test_files_are_for_the_owner_alone(store: LocalStore, file: Path) -> None:
    assert file.with_name(file.name + ".lock").stat().st_mode & 0o077 == 0
    assert file.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(Misconfigured, match="state"):
        open_store(tmp_path / "state" / "readyby.duckdb", pepper="p")


def test_a_file_that_is_no_database(file: Path, wall: Wall) -> None:
    file.parent.mkdir()
    file.write_bytes(b"x" * 10_000)
    with pytest.raises(Misconfigured, match="restore a backup"):
        opened(file, wall)
    file.unlink()
    opened(file, wall).close()


def test_nothing_is_accepted_below_the_watermark(file: Path, wall: Wall) -> None:
    free_mb = [300]
    store = open_store(file, pepper="p", wall=wall, min_free_mb=256, read_free=lambda folder: free_mb[0] * MB)
    store.do_sync(api.PutSite(site=site(), at=START))
    free_mb[0] = 255
    with pytest.raises(Busy, match=r"255 MB free at .*256 MB are kept.*READYBY_MIN_FREE_MB") as refused:
        store.do_sync(event("a"), op_id="1")
    assert refused.value.retry_after_s == 10.0
    assert store.ask_sync(api.ListSites()) == (SITE,)
    free_mb[0] = 256
    assert store.do_sync(event("a"), op_id="1") == 1
    store.close()


@pytest.mark.parametrize("kind", [duckdb.FatalException, duckdb.InternalException])
def test_a_fatal_error_ends_the_owner(
    wall: Wall, monkeypatch: pytest.MonkeyPatch, kind: type[duckdb.Error]
) -> None:
    ended: list[str] = []
    store = opened(":memory:", wall, on_fatal=lambda: ended.append("exit"))

    def fail(work: Work, given: object) -> None:
        raise kind("database has been invalidated")

    monkeypatch.setattr(engine, "handler_of", lambda _: fail)
    with pytest.raises(kind):
        store.do_sync(api.Beat())
    with pytest.raises(kind):
        store.ask_sync(api.ListSites())
    assert ended == ["exit", "exit"]
    store.close()


def test_out_of_memory_is_no_end(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(":memory:", wall, on_fatal=lambda: pytest.fail("it gave up"))

    def fail(work: Work, given: object) -> None:
        raise duckdb.OutOfMemoryException("too much")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "handler_of", lambda _: fail)
        with pytest.raises(Busy, match="READYBY_MEMORY_LIMIT_MB"):
            store.do_sync(api.Beat())
    assert store.do_sync(api.Beat()) == 1
    store.close()


def test_the_fatal_exit_has_its_own_code() -> None:
    program = "from readyby.store.database import exit_now; exit_now()"
    child = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert child.returncode == 70


@pytest.mark.parametrize(
    "sql",
    [
        "set threads = 4",
        "attach 'other.duckdb'",
        "copy site to 'site.csv'",
        "select * from read_csv('/etc/hostname')",
        "install httpfs",
        "load httpfs",
    ],
)
def test_every_door_is_shut(store: LocalStore, sql: str) -> None:
    cursor = store.database.cursor()
    with pytest.raises(duckdb.Error):
        cursor.execute(sql).fetchall()
    cursor.close()


def test_an_unknown_command_is_refused(store: LocalStore) -> None:
    class Odd(api.Command[None]):
        pass

    with pytest.raises(BadInput, match="Odd"):
        store.do_sync(Odd())


def test_readers_do_not_wait_for_each_other_or_the_writer(store: LocalStore) -> None:
    """A reader keeps its snapshot while the writer goes on."""
    cursor = store.database.cursor()
    cursor.execute("begin transaction read only").fetchall()
    assert cursor.execute("select count(*) from planning_event").fetchall() == [(0,)]
    store.do_sync(event("a"))
    assert cursor.execute("select count(*) from planning_event").fetchall() == [(0,)]
    cursor.rollback()
    assert cursor.execute("select count(*) from planning_event").fetchall() == [(1,)]
    cursor.close()
