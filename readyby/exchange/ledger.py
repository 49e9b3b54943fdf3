"""What the exchange must not forget, in a small SQLite file of its own: it survives kill -9 and power loss.

Feed rows, receipts and notices have sequence numbers that only grow, also over the loss of the file
(`numbering`). A feed row carries one delivery of the network (up to `BLOCK_RECORDS` records), numbered by its
last record.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import orjson
from pydantic import TypeAdapter

from readyby.contract import PlanEnvelope
from readyby.envelope import us
from readyby.errors import Misconfigured
from readyby.exchange import numbering
from readyby.exchange.adapter import Remark
from readyby.exchange.book import Effects, Note
from readyby.exchange.commands import EvseControl
from readyby.exchange.progress import OpenPlan

SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
BLOCK_RECORDS = 2_000
KEPT_RECORDS = 10_000
KEPT_PLANS = 200
COLUMNS = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")

_CONTROL = TypeAdapter(EvseControl)
_OPEN_PLAN = TypeAdapter(OpenPlan)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """A plan version as taken: its digest tells a repetition from another plan under the same number."""

    plan_version: int
    digest: str
    commands: int
    limit_kw: float


class Ledger:
    """The file, opened for one process and one thread; an empty one begins to count after `begin`.

    Raises:
        Misconfigured: the file cannot be opened, or is no ledger.
    """

    def __init__(self, path: Path | str, *, begin: int = 0) -> None:
        try:
            if isinstance(path, Path):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(SCHEMA)
            with self.transaction():
                numbering.begin(self._db, begin)
        except sqlite3.Error as error:
            raise Misconfigured(f"{path}: not usable as the exchange's ledger: {error}") from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on disk at its end."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- the feed -------------------------------------------------------------------------------------

    def append_feed(
        self,
        sessions: Sequence[Mapping[str, object]],
        meter: Mapping[str, Sequence[object]],
        wishes: Sequence[Mapping[str, object]] = (),
        *,
        cursor: str,
        as_of: datetime | None,
    ) -> None:
        """Keep one delivery of the network together with the cursor after it."""
        at = as_of.isoformat() if as_of else None
        seq, rows = self.feed_head, len(meter[COLUMNS[0]])
        for start in range(0, max(rows, 1 if sessions or wishes else 0), BLOCK_RECORDS):
            block = {name: list(meter[name][start : start + BLOCK_RECORDS]) for name in COLUMNS}
            told = list(sessions) if start == 0 else []
            wished = list(wishes) if start == 0 else []
            records = len(told) + len(wished) + len(block[COLUMNS[0]])
            seq += records
            body = orjson.dumps({"sessions": told, "meter_values": block, "wishes": wished})
            self._db.execute(
                "INSERT INTO feed (seq, records, as_of, body) VALUES (?, ?, ?, ?)", (seq, records, at, body)
            )
        self._set(numbering.FEED, str(seq))
        self._set("cursor", cursor)
        self._set("as_of", at)

    def feed_page(self, after: int, limit: int, standing: Mapping[str, object] | None = None) -> bytes:
        """The rows after a cursor, as JSON of `contract.FeedPage`, at least one where there is any.

        `standing` is what the page tells beside the rows, as it is now.
        """
        sessions: list[object] = []
        wishes: list[object] = []
        meter: dict[str, list[object]] = {name: [] for name in COLUMNS}
        as_of, last_as_of, records, reached = self._get("as_of"), None, 0, after
        rows = self._db.execute(
            "SELECT seq, records, as_of, body FROM feed WHERE seq > ? ORDER BY seq", (after,)
        )
        for seq, count, row_as_of, body in rows:
            if records and records + count > limit:
                as_of = last_as_of
                break
            block = orjson.loads(body)
            sessions += block["sessions"]
            wishes += block.get("wishes", ())
            for name in COLUMNS:
                meter[name] += block["meter_values"][name]
            records, reached, last_as_of = records + count, seq, row_as_of
        rows.close()
        page = {
            "next": reached,
            "as_of": as_of,
            "sessions": sessions,
            "meter_values": meter,
            "wishes": wishes,
        }
        return orjson.dumps({**page, **(standing or {})})

    def trim(self, *, feed_after: int = 0, receipts_after: int = 0) -> None:
        """Forget what was read long ago."""
        self._db.execute("DELETE FROM feed WHERE seq <= ?", (feed_after - KEPT_RECORDS,))
        self._db.execute("DELETE FROM receipts WHERE seq <= ?", (receipts_after - KEPT_RECORDS,))

    @property
    def feed_head(self) -> int:
        """The sequence number of the newest record."""
        return int(self._get(numbering.FEED) or 0)

    @property
    def cursor(self) -> str | None:
        """Where reading the network stands."""
        return self._get("cursor")

    @property
    def as_of(self) -> datetime | None:
        """The domain instant up to which the network was read."""
        at = self._get("as_of")
        return datetime.fromisoformat(at) if at else None

    def follow_feed(self, after: int) -> bool:
        """Whether a reader was ahead of the feed, which is now numbered behind what it has read."""
        if after <= self.feed_head:
            return False
        with self.transaction():
            numbering.move_feed(self._db, after)
        return True

    def is_new_to(self, after: int) -> bool:
        """Whether a reader has read another ledger: its number lies before the first one here."""
        return 0 < after < int(self._get(numbering.BEGAN) or 0)

    # --- plans ----------------------------------------------------------------------------------------

    def newest_version(self, site_id: str) -> StoredVersion | None:
        """The newest plan version taken for a site."""
        row = self._db.execute(
            "SELECT plan_version, digest, commands, body FROM plans WHERE site_id = ? "
            "ORDER BY plan_version DESC LIMIT 1",
            (site_id,),
        ).fetchone()
        if row is None:
            return None
        limit_kw = PlanEnvelope.model_validate_json(row[3]).limit_kw
        return StoredVersion(plan_version=row[0], digest=row[1], commands=row[2], limit_kw=limit_kw)

    def put_plan(self, plan: PlanEnvelope, digest: str, commands: int) -> None:
        self._db.execute(
            "INSERT INTO plans (site_id, plan_version, digest, commands, body) VALUES (?, ?, ?, ?, ?)",
            (plan.site_id, plan.plan_version, digest, commands, plan.model_dump_json().encode()),
        )
        self._db.execute(
            "DELETE FROM plans WHERE site_id = ? AND plan_version <= ?",
            (plan.site_id, plan.plan_version - KEPT_PLANS),
        )

    def open_plans(self, site_id: str) -> tuple[OpenPlan, ...]:
        """Plan versions that are not complete."""
        rows = self._db.execute(
            "SELECT open FROM plans WHERE site_id = ? AND open IS NOT NULL ORDER BY plan_version", (site_id,)
        )
        return tuple(_OPEN_PLAN.validate_json(body) for (body,) in rows)

    # --- what became of commands ----------------------------------------------------------------------

    def record(self, site_id: str, effects: Effects) -> None:
        """Keep everything that came of what happened; receipts get their numbers here."""
        seq = int(self._get(numbering.RECEIPTS) or 0)
        for note in effects.notes:
            seq += 1
            self._db.execute(
                "INSERT INTO receipts (seq, body) VALUES (?, ?)", (seq, _receipt(seq, site_id, note))
            )
        waiting = {plan.told.plan_version: _OPEN_PLAN.dump_json(plan) for plan in effects.open_plans}
        for told in effects.progress:
            seq += 1
            self._db.execute(
                "UPDATE plans SET progress_seq = ?, progress = ? WHERE site_id = ? AND plan_version = ?",
                (seq, told.model_dump_json().encode(), site_id, told.plan_version),
            )
        if effects.notes or effects.progress:
            self._set(numbering.RECEIPTS, str(seq))
            self._db.execute(
                "UPDATE plans SET open = NULL WHERE site_id = ? AND open IS NOT NULL", (site_id,)
            )
            self._db.executemany(
                "UPDATE plans SET open = ? WHERE site_id = ? AND plan_version = ?",
                ((body, site_id, version) for version, body in waiting.items()),
            )
        self._db.executemany(
            "INSERT OR REPLACE INTO controls (evse_id, site_id, body) VALUES (?, ?, ?)",
            ((c.evse_id, site_id, _CONTROL.dump_json(c)) for c in effects.changed.values()),
        )

    def follow_receipts(self, after: int) -> bool:
        """As follow_feed."""
        if after <= self.receipt_head:
            return False
        with self.transaction():
            numbering.move_receipts(self._db, after)
        return True

    def receipts_page(self, after: int, limit: int) -> bytes:
        """Receipts and plan progress after a cursor, as JSON of `contract.ReceiptPage`."""
        rows = self._db.execute(
            "SELECT seq, body FROM receipts WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        ).fetchall()
        until = rows[-1][0] if len(rows) == limit else self.receipt_head
        plans = self._db.execute(
            "SELECT progress FROM plans WHERE progress_seq > ? AND progress_seq <= ? ORDER BY progress_seq",
            (after, until),
        ).fetchall()
        parts = (b",".join(body for _, body in rows), b",".join(body for (body,) in plans))
        return b'{"next":%d,"receipts":[%s],"plans":[%s]}' % (max(after, until), *parts)

    # --- what was noticed -----------------------------------------------------------------------------

    def note(self, remarks: Iterable[Remark], at: datetime) -> None:
        """Keep what was noticed; the newest so many."""
        for remark in remarks:
            body = orjson.dumps({**asdict(remark), "at": at})
            self._db.execute("INSERT INTO notices (body) VALUES (?)", (body,))
        self._db.execute(
            "DELETE FROM notices WHERE seq <= (SELECT max(seq) FROM notices) - ?", (KEPT_RECORDS,)
        )

    def notices_page(self, after: int, limit: int) -> bytes:
        """Notices after a cursor, as JSON of `contract.NoticePage`."""
        rows = self._db.execute(
            "SELECT seq, body FROM notices WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        ).fetchall()
        told = [{"seq": seq, **orjson.loads(body)} for seq, body in rows]
        return orjson.dumps({"next": rows[-1][0] if rows else after, "notices": told})

    def follow_notices(self, after: int) -> bool:
        """As follow_feed."""
        if after <= self.notice_head:
            return False
        with self.transaction():
            numbering.move_notices(self._db, after)
        return True

    @property
    def notice_head(self) -> int:
        """The number of the newest notice."""
        return int(self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'notices'").fetchone()[0])

    @property
    def receipt_head(self) -> int:
        """The sequence number of the newest receipt or progress."""
        return int(self._get(numbering.RECEIPTS) or 0)

    def controls(self) -> Iterable[tuple[str, EvseControl]]:
        """What is on file for each EVSE, with its site."""
        for site_id, body in self._db.execute("SELECT site_id, body FROM controls ORDER BY evse_id"):
            yield site_id, _CONTROL.validate_json(body)

    # --- small values ---------------------------------------------------------------------------------

    def _get(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return cast("str | None", row[0]) if row else None

    def _set(self, name: str, value: str | None) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def _receipt(seq: int, site_id: str, note: Note) -> bytes:
    """A receipt as JSON of `contract.Receipt`."""
    command = note.command
    return orjson.dumps(
        {
            "seq": seq,
            "command_id": command.command_id,
            "plan_version": command.plan_version,
            "site_id": site_id,
            "evse_id": command.evse_id,
            "session_id": command.session_id,
            "wave": command.wave,
            "state": command.state,
            "limit_kw": round(command.schedule.at(us(note.moment.at)), 6),
            "at": note.moment.at,
            "machine_ms": note.moment.machine_ms,
            "reason": note.reason,
        }
    )
