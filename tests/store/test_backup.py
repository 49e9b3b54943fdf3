"""Backups: whole, consistent, taken while work goes on; restored on purpose only."""

import threading
from pathlib import Path

import pytest

from readyby.errors import Conflict, Misconfigured, NotFound
from readyby.store import api
from readyby.store.backup import restore
from tests.support.store_world import SITE, START, StoreWorld, entry, minute, receipt


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def make(path: Path) -> StoreWorld:
    return StoreWorld(path=path, min_free_mb=0)


def full(path: Path) -> StoreWorld:
    """A store with something in most tables."""
    world = make(path).furnish()
    world.submit(world.welcome(), "r1")
    world.ingest(meter=[("S1", "E1", minute(n), 3.0, n / 20) for n in range(5)])
    world.ingest(meter=[("S1", "E1", minute(0), -1, 0)])
    world.claim("c")
    world.plan("c", (entry(),))
    world.receive(receipt(1, "a", "accepted"))
    return world


def contents(world: StoreWorld) -> dict[str, list[str]]:
    tables = world.ask(api.ReadStoreStatus()).tables
    return {
        table: sorted(map(str, world.rows(f"select * from {table}")))
        for table in tables
        if table != "schema_migration"
    }


def test_there_and_back(folder: Path) -> None:
    world = full(folder / "a.duckdb")
    before = contents(world)
    done = world.ask(api.BackUp(path=str(folder / "backups" / "b.duckdb")))
    assert done.size_bytes == Path(done.path).stat().st_size > 0
    assert Path(done.path).stat().st_mode & 0o077 == 0
    assert done.tables["meter_value"] == 5
    with pytest.raises(Conflict, match="exists"):
        world.ask(api.BackUp(path=done.path))
    world.ingest(meter=[("S2", "E2", START, 3.0, 0.1)])
    world.close()

    restore(Path(done.path), folder / "new" / "readyby.duckdb")
    copy = make(folder / "new" / "readyby.duckdb")
    assert contents(copy) == before
    assert copy.plan("c2") == 2
    assert copy.submit(copy.rows("select session_ref from session")[0]["session_ref"], "r1").sequence == 1
    copy.close()


def test_restoring_replaces_on_purpose_only(folder: Path) -> None:
    file = folder / "a.duckdb"
    world = full(file)
    backup = Path(world.ask(api.BackUp(path=str(folder / "b.duckdb"))).path)
    with pytest.raises(Misconfigured, match="owned by another process"):
        restore(backup, file, force=True)
    world.ingest(meter=[("S2", "E2", START, 3.0, 0.1)])
    world.close()
    with pytest.raises(Conflict, match="--force"):
        restore(backup, file)
    restore(backup, file, force=True)
    kept = make(folder / "a.duckdb.before-restore")
    assert kept.ask(api.ReadCounts()).meter_values == 6
    kept.close()
    restored = make(file)
    assert restored.ask(api.ReadCounts()).meter_values == 5
    restored.close()


def test_what_is_no_backup_is_refused(folder: Path) -> None:
    with pytest.raises(NotFound):
        restore(folder / "none.duckdb", folder / "a.duckdb")
    (folder / "junk.duckdb").write_bytes(b"x" * 10_000)
    with pytest.raises(Misconfigured):
        restore(folder / "junk.duckdb", folder / "a.duckdb")
    assert not (folder / "a.duckdb").exists()


def test_a_place_that_cannot_be_written(folder: Path) -> None:
    world = make(folder / "a.duckdb")
    (folder / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot write"):
        world.ask(api.BackUp(path=str(folder / "file" / "b.duckdb")))
    assert world.do(api.Beat()) == 1
    world.close()


def test_a_backup_while_work_goes_on_is_one_moment(folder: Path) -> None:
    """Each page adds a reading and moves the cursor: the copy never holds one without the other."""
    world = make(folder / "a.duckdb").furnish()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            n = world.cursor + 1
            world.ingest(meter=[("S1", "E1", minute(n / 100), 3.0, n / 100)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backups = [world.ask(api.BackUp(path=str(folder / f"b{n}.duckdb"))) for n in range(3)]
    finally:
        stop.set()
        writer.join()
    world.close()
    for backup in backups:
        copy = make(Path(backup.path))
        assert copy.ask(api.FeedCursor()) == copy.ask(api.ReadCounts()).meter_values
        copy.close()


def test_status_tells_how_the_store_is_kept(folder: Path) -> None:
    world = full(folder / "a.duckdb")
    status = world.ask(api.ReadStoreStatus())
    assert status.path == str(folder / "a.duckdb")
    assert status.size_bytes > 0
    assert status.free_bytes > 0
    assert status.migrations[0] == "0001_site"
    assert status.tables["site"] == 1
    assert world.ask(api.ReadSite(site_id=SITE)).site_id == SITE
    world.close()
