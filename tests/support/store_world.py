"""A store in memory with one site, and the pages and plans that fill it; time is in minutes after START."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from readyby.circuits import NO_TREE, Tree
from readyby.model import (
    Channel,
    Evse,
    EvseId,
    PlanVersion,
    RequestId,
    RequestKind,
    SessionId,
    SessionRef,
    Site,
    SiteId,
    Step,
)
from readyby.store import api
from readyby.store.engine import LocalStore, open_store
from readyby.store.statements import folder
from tests.support.small_site import counted_ids

R = TypeVar("R")

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
SITE = SiteId("jpl")
COLUMNS = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")
EVSES = 6
TABLES = tuple(
    migration.name.partition("_")[2]
    for migration in folder("migrations")
    if migration.text.startswith("create table")
)


def minute(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def evse(number: int, **changes: Any) -> Evse:
    values: dict[str, Any] = {
        "evse_id": EvseId(f"E{number}"),
        "max_kw": 6.6,
        "min_kw": 1.25,
        "standing_cap_kw": 2.0,
        "voltage_v": 208.0,
    }
    return Evse(**values | changes)


def site(**changes: Any) -> Site:
    values: dict[str, Any] = {
        "site_id": SITE,
        "name": "Lot",
        "time_zone": "America/Los_Angeles",
        "limit_kw": 20.0,
        "tariff_id": "t",
        "evses": tuple(evse(n) for n in range(1, EVSES + 1)),
    }
    return Site(**values | changes)


def person(token: str, phone: str, **changes: Any) -> api.ParticipantRow:
    values: dict[str, Any] = {
        "line": 2,
        "token_uid": token,
        "phone": phone,
        "consent_at": START - timedelta(days=1),
        "consent_source": "test",
        "wh_per_mi": 250.0,
    }
    return api.ParticipantRow(**values | changes)


def session_record(number: int, **changes: Any) -> dict[str, Any]:
    """What the network says of session S<number> on E<number>, plugged in at START."""
    return {
        "session_id": f"S{number}",
        "site_id": SITE,
        "evse_id": f"E{number}",
        "token_uid": f"tok-{number}",
        "status": "ACTIVE",
        "started_at": START.isoformat(),
        "energy_kwh": 0.0,
        "last_updated": START.isoformat(),
    } | changes


def ended_record(number: int, at: datetime, **changes: Any) -> dict[str, Any]:
    ended = {"status": "COMPLETED", "ended_at": at.isoformat(), "last_updated": at.isoformat()}
    return session_record(number, **ended | changes)


def page(
    cursor: int,
    sessions: Sequence[object] = (),
    meter: Iterable[Sequence[object]] = (),
    as_of: datetime | None = START,
) -> bytes:
    """A feed page; `meter` rows are (session, evse, at, kW, kWh)."""
    rows = [[value.isoformat() if isinstance(value, datetime) else value for value in row] for row in meter]
    columns = {name: [row[n] for row in rows] for n, name in enumerate(COLUMNS)}
    as_of_text = as_of.isoformat() if as_of else None
    return json.dumps(
        {"next": cursor, "as_of": as_of_text, "sessions": list(sessions), "meter_values": columns}
    ).encode()


def receipt(seq: int, command: str, state: str, **changes: Any) -> dict[str, Any]:
    """A receipt of a command to E1 of plan version 1, at START."""
    return {
        "seq": seq,
        "command_id": command,
        "plan_version": 1,
        "site_id": SITE,
        "evse_id": "E1",
        "session_id": "S1",
        "wave": 1,
        "state": state,
        "limit_kw": 3.0,
        "at": START.isoformat(),
        "machine_ms": 1000 + seq,
    } | changes


class StoreWorld:
    """The store, and short ways to make things happen in it."""

    def __init__(self, **options: Any) -> None:
        settings = {"pepper": b"pepper", "ids": counted_ids()} | options
        self.store: LocalStore = open_store(settings.pop("path", ":memory:"), **settings)
        self.cursor = 0

    def close(self) -> None:
        self.store.close()

    def empty(self, tables: Iterable[str] = TABLES) -> "StoreWorld":
        """As new: much faster than opening another."""
        cursor = self.store.database.cursor()
        for table in tables:
            cursor.execute(f"delete from {table}").fetchall()
        cursor.close()
        self.store._operations._known.clear()
        self.cursor = 0
        return self

    def do(self, command: api.Command[R], op_id: str | None = None) -> R:
        return self.store.do_sync(command, op_id=op_id)

    def ask(self, query: api.Query[R]) -> R:
        return self.store.ask_sync(query)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Any rows, straight from the tables."""
        cursor = self.store.database.cursor()
        try:
            found: list[dict[str, Any]] = cursor.sql(sql).to_arrow_table().to_pylist()
            return found
        finally:
            cursor.close()

    def furnish(self, *people: api.ParticipantRow) -> "StoreWorld":
        """Put the site; enroll tokens tok-1 to tok-6, or the people given."""
        self.do(api.PutSite(site=site(), at=START))
        everyone = people or tuple(person(f"tok-{n}", f"+1626555010{n}") for n in range(1, EVSES + 1))
        self.do(api.ImportParticipants(rows=everyone, at=START))
        return self

    def ingest(
        self,
        sessions: Sequence[object] = (),
        meter: Iterable[Sequence[object]] = (),
        at: datetime = START,
    ) -> api.Ingested:
        self.cursor += 1
        return self.do(api.IngestPage(body=page(self.cursor, sessions, meter, at), received_at=at))

    def match(self, at: datetime = START) -> api.Matched:
        return self.do(api.MatchSessions(now=at))

    def claim_messages(self, *keys: str, at: datetime = START) -> tuple[api.MessageToSend, ...]:
        return self.do(api.ClaimMessages(now=at, key_hashes=keys))

    def welcome(self, number: int = 1) -> SessionRef:
        """Plug in S<number>, match it and send its welcome; the session's reference."""
        self.ingest([session_record(number)])
        self.match()
        for message in self.claim_messages(*(f"key-{number}-{n}" for n in range(EVSES))):
            self.do(api.SettleMessage(message_id=message.message_id, state="sent", at=START))
        (row,) = self.rows(f"select session_ref from session where session_id = 'S{number}'")
        return SessionRef(row["session_ref"])

    def submit(self, ref: SessionRef, request: str, **changes: Any) -> api.RequestAnswer:
        values: dict[str, Any] = {
            "kind": RequestKind.NEED,
            "channel": Channel.PAGE,
            "received_at": START,
            "received_machine_ms": 500,
            "departure_at": minute(240),
            "energy_need_kwh": 10.0,
        }
        return self.do(api.SubmitRequest(session_ref=ref, request_id=RequestId(request), **values | changes))

    def claim(self, claim: str, owner: str = "core", *, leave: tuple[str, ...] = ()) -> api.Claim:
        work = api.ClaimWork(
            site_id=SITE, claim_id=claim, owner=owner, now=START, leave_beside_requests=leave
        )
        return self.do(work)

    def plan(
        self,
        claim: str = "c",
        entries: tuple[api.PlannedSession, ...] = (),
        at: datetime = START,
        start: str = "",
        tree: Tree = NO_TREE,
    ) -> PlanVersion:
        return self.do(
            api.RecordPlan(
                site_id=SITE,
                claim_id=claim,
                made_at=at,
                reason="test",
                method="optimal",
                situation_json='{"a": 1}',
                plan_json='{"b": 2}',
                entries=entries,
                run_key=f"run-{claim}",
                start=start,
                tree=tree,
            )
        )

    def receive(
        self, *receipts: dict[str, Any], plans: Sequence[dict[str, Any]] = ()
    ) -> api.ReceiptsRecorded:
        last = max((one["seq"] for one in receipts), default=0)
        body = json.dumps({"next": last, "receipts": list(receipts), "plans": list(plans)}).encode()
        return self.do(api.RecordReceipts(body=body, received_at=START, received_machine_ms=9))


def entry(number: int = 1, *steps: tuple[float, float], **changes: Any) -> api.PlannedSession:
    """S<number>'s part of a plan: steps are (minute, kW), by default 3 kW for an hour, then the cap."""
    values: dict[str, Any] = {
        "session_id": SessionId(f"S{number}"),
        "evse_id": EvseId(f"E{number}"),
        "controlled": True,
        "steps": tuple(Step(minute(at), limit_kw) for at, limit_kw in steps or ((0, 3.0), (60, 2.0))),
        "expires_at": minute(300),
    }
    return api.PlannedSession(**values | changes)
