"""kill -9 of the owner in the middle of its work: nothing acknowledged is lost, nothing applied twice."""

import threading
import time
from pathlib import Path

import pytest

from readyby.store import api
from readyby.store.client import SyncStore
from tests.support.served_store import OwnerProcess, short_folder
from tests.support.store_world import SITE, START, StoreWorld, minute, page, site

KILLS = 3
CLIENTS = 3
ALIVE_S = 0.15

pytestmark = pytest.mark.system


class Client(threading.Thread):
    """Sends commands one after another, each under an op_id of its own, until told to stop."""

    def __init__(self, socket_path: Path, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._store = SyncStore(socket_path)
        self._number, self._stop_asked = number, stop
        self.acknowledged: list[str] = []
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            count = 0
            while not self._stop_asked.is_set():
                name = f"{self._number}-{count}"
                self._send(name, count)
                self.acknowledged.append(name)
                count += 1
        except Exception as error:  # noqa: BLE001  # the test asks for it afterwards
            self.failure = error
        finally:
            self._store.close()

    def _send(self, name: str, count: int) -> None:
        if self._number:
            event = api.AddEvent(site_id=SITE, kind="k", detail=name, at=START)
            self._store.do(event, op_id=name)
            return
        rows = [(name, "E1", minute(count + n / 100), 3.0, 1.0) for n in range(50)]
        body = page(count + 1, meter=rows, as_of=minute(1_000_000))
        done = self._store.do(api.IngestPage(body=body, received_at=START), op_id=name)
        assert (done.cursor, done.meter_values, done.duplicates) == (count + 1, 50, 0)


@pytest.mark.invariant("I-11")
def test_killed_again_and_again() -> None:
    with short_folder() as folder:
        owner = OwnerProcess(folder)
        with SyncStore(folder / "core.sock") as store:
            store.do(api.PutSite(site=site(), at=START))
        stop = threading.Event()
        clients = [Client(folder / "core.sock", number, stop) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for kill in range(KILLS):
            _wait_for_work(clients)
            time.sleep(ALIVE_S * (kill + 1) / KILLS)
            owner.kill()
            owner.start()
        _wait_for_work(clients)
        stop.set()
        for client in clients:
            client.join(40)
        owner.stop()
        assert [client.failure for client in clients] == [None] * CLIENTS
        _check(folder, clients)


def _wait_for_work(clients: list[Client]) -> None:
    """Until each client was answered once more."""
    before = [len(client.acknowledged) for client in clients]
    for _ in range(400):
        after = [len(client.acknowledged) for client in clients]
        if all(now > then for now, then in zip(after, before, strict=True)):
            return
        if any(client.failure for client in clients):
            return
        time.sleep(0.05)
    pytest.fail(f"no answers any more: {before}")


def _check(folder: Path, clients: list[Client]) -> None:
    world = StoreWorld(path=folder / "readyby.duckdb", min_free_mb=0)
    try:
        events = [row["detail"] for row in world.rows("select detail from planning_event")]
        sent = [name for client in clients[1:] for name in client.acknowledged]
        assert sorted(events) == sorted(sent)
        pages = len(clients[0].acknowledged)
        assert world.ask(api.FeedCursor()) == pages
        assert world.ask(api.ReadCounts()).meter_values == 50 * pages
        distinct = world.rows(
            "select count(*) as n from (select distinct evse_id, measured_at from meter_value)"
        )
        assert distinct == [{"n": 50 * pages}]
    finally:
        world.close()
