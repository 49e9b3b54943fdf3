"""One contract for the store in this process and over the socket; errors travel as themselves."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pyarrow as pa
import pytest

from readyby.errors import (
    BadInput,
    Busy,
    Conflict,
    Misconfigured,
    NotFound,
    Permanent,
    ReadyByError,
    Transient,
    Unreachable,
)
from readyby.store import api
from readyby.store.client import StoreClient, SyncStore
from readyby.store.problems import from_problem, to_problem
from tests.support.served_store import served, short_folder
from tests.support.store_world import (
    SITE,
    START,
    StoreWorld,
    entry,
    minute,
    page,
    person,
    session_record,
    site,
)

R = TypeVar("R")


class Threaded:
    """The synchronous client, seen as the asynchronous interface."""

    def __init__(self, store: SyncStore) -> None:
        self._store = store

    async def do(self, command: api.Command[R], *, op_id: str | None = None) -> R:
        return await asyncio.to_thread(self._store.do, command, op_id=op_id)

    async def ask(self, query: api.Query[R]) -> R:
        return await asyncio.to_thread(self._store.ask, query)

    async def table(self, sql: str, limit: int = 100_000) -> pa.Table:
        return await asyncio.to_thread(self._store.table, sql, limit)


@pytest.fixture(scope="module")
def socket_path(shared_world: StoreWorld) -> Iterator[Path]:
    with short_folder() as folder, served(shared_world.store, folder / "core.sock"):
        yield folder / "core.sock"


@pytest.fixture(params=["local", "client", "sync"])
async def store(
    request: pytest.FixtureRequest, bare_world: StoreWorld, socket_path: Path
) -> AsyncIterator[api.Store]:
    if request.param == "local":
        yield bare_world.store
    elif request.param == "client":
        async with StoreClient(socket_path) as client:
            yield client
    else:
        with SyncStore(socket_path) as sync:
            yield Threaded(sync)


async def test_the_contract(store: api.Store) -> None:
    await store.do(api.PutSite(site=site(), at=START))
    assert await store.ask(api.ReadSite(site_id=SITE)) == site()
    imported = await store.do(api.ImportParticipants(rows=(person("tok-1", "+16265550101"),), at=START))
    assert imported == api.Imported(added=1, changed=0, unchanged=0, rejected=())
    body = page(1, [session_record(1)], [("S1", "E1", START, 3.0, 0.1), ("S1", "E9", START, 1, 1)])
    ingested = await store.do(api.IngestPage(body=body, received_at=START), op_id="page-1")
    assert (ingested.started, ingested.meter_values, ingested.quarantined) == (("S1",), 1, 1)
    assert await store.do(api.IngestPage(body=body, received_at=START), op_id="page-1") == ingested
    assert (await store.do(api.MatchSessions(now=START))).welcomes == 1
    (message,) = await store.do(api.ClaimMessages(now=START, key_hashes=("k",)))
    assert message.phone == "+16265550101"
    claim = await store.do(api.ClaimWork(site_id=SITE, claim_id="c", owner="o", now=START))
    assert claim.events == ("session_started: S1",)
    plan = api.RecordPlan(
        site_id=SITE,
        claim_id="c",
        made_at=START,
        reason="r",
        method="optimal",
        situation_json="{}",
        plan_json="{}",
        entries=(entry(1, explanation={"es": "mañana"}),),
        run_key="k",
    )
    assert await store.do(plan) == 1
    left = await store.ask(api.UndispatchedPlan(site_id=SITE))
    assert left is not None
    assert left.entries == plan.entries
    situation = await store.ask(api.ReadSituation(site_id=SITE, now=minute(1)))
    assert situation.sessions[0].delivered_kwh == 0.1
    rows = await store.table("select evse_id from evses order by 1", limit=2)
    assert rows.to_pylist() == [{"evse_id": "E1"}, {"evse_id": "E2"}]


async def test_errors_arrive_as_themselves(store: api.Store) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        await store.ask(api.ReadSite(site_id="nowhere"))
    with pytest.raises(BadInput) as refused:
        await store.do(api.IngestPage(body=b"\xff\xfe", received_at=START))
    assert refused.value.field == "body"
    with pytest.raises(BadInput, match="person"):
        await store.table("select * from person")
    await store.do(api.Beat(), op_id="1")
    with pytest.raises(Conflict, match="op_id 1"):
        await store.do(api.GrantTime(until=START, speed=1.0), op_id="1")


@pytest.mark.parametrize(
    "error",
    [
        BadInput("field", "7", "say eight"),
        NotFound("nothing"),
        Conflict("moved on"),
        Busy("later", 2.5),
        Busy("later"),
        Unreachable("silence"),
        Misconfigured("set it"),
        Transient("maybe"),
        Permanent("never"),
        ReadyByError("something"),
    ],
)
def test_problems_are_errors_again(error: ReadyByError) -> None:
    back = from_problem(to_problem(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert getattr(back, "retry_after_s", None) == getattr(error, "retry_after_s", None)


def post(socket_path: Path, path: str, content: bytes = b"{}") -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket_path)), base_url="http://core") as http:
        return http.post(path, content=content)


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/command/Nothing", b"{}", 422),
        ("/command/ReadSite", b"{}", 422),
        ("/command/AddEvent", b"{}", 422),
        ("/command/AddEvent", b"no json", 422),
        ("/query/ReadSite", b'{"site_id": "nowhere"}', 404),
        ("/table", b"{}", 422),
        ("/elsewhere", b"{}", 404),
    ],
)
def test_bad_calls_get_problems(socket_path: Path, path: str, content: bytes, status: int) -> None:
    assert post(socket_path, path, content).status_code == status


def test_a_refused_value_is_not_repeated(socket_path: Path) -> None:
    """What does not fit may be a phone number."""
    answer = post(socket_path, "/command/MarkStopped", b'{"phone": ["+16265550101"], "stopped": true}')
    assert answer.status_code == 422
    assert "6265550101" not in answer.text
    assert answer.json()["field"] == "phone"


QUOTED = "Duplicate key +1" + "6265550101"


class Broken:
    """A store whose database fails with a message that quotes a row."""

    async def do(self, command: api.Command[R], *, op_id: str | None = None) -> R:
        raise RuntimeError(QUOTED)

    async def ask(self, query: api.Query[R]) -> R:
        raise RuntimeError(QUOTED)

    async def table(self, sql: str, limit: int = 1) -> pa.Table:
        raise RuntimeError(QUOTED)


def test_a_failure_says_where_not_with_what(capfd: pytest.CaptureFixture[str]) -> None:
    with short_folder() as folder, served(Broken(), folder / "s"), SyncStore(folder / "s") as store:
        with pytest.raises(ReadyByError, match="core failed at /query/ListSites") as failed:
            store.ask(api.ListSites())
        assert not store.healthy()
    shown = capfd.readouterr()
    assert "6265550101" not in shown.out + shown.err + str(failed.value)
    assert "the store failed" in shown.out + shown.err


def test_health_writes(socket_path: Path, bare_world: StoreWorld) -> None:
    with SyncStore(socket_path) as store:
        assert store.healthy()
    assert bare_world.rows("select beats from heartbeat") == [{"beats": 1}]


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"within 0.1 s.*start it"):
        await StoreClient(tmp_path / "s", patience_s=0.1).ask(api.ListSites())
    with pytest.raises(Unreachable), SyncStore(tmp_path / "s", patience_s=0.1) as store:
        store.do(api.Beat())
    assert not SyncStore(tmp_path / "s").healthy()


def test_a_client_waits_for_core_to_come(bare_world: StoreWorld) -> None:
    with short_folder() as folder, SyncStore(folder / "s") as store:
        with served(bare_world.store, folder / "s"):
            assert store.do(api.Beat()) == 1
        with served(bare_world.store, folder / "s"):
            assert store.do(api.Beat()) == 2
