"""Session records of a page: checked one by one, joined to what is known in an order-free way (I-24)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from readyby.contract import SessionRecord
from readyby.model import SessionStatus
from readyby.store.ingest.quarantine import BadRecord
from readyby.store.work import Row, Secrecy

RANK = {SessionStatus.ACTIVE: 0, SessionStatus.INVALID: 1, SessionStatus.COMPLETED: 2}
FIELDS = tuple(SessionRecord.model_fields)
MAX_ENERGY_KWH = 100_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the vendor says of a session, with the token's keyed hash instead of its uid."""

    session_id: str
    site_id: str
    evse_id: str
    token_hash: str | None
    status: SessionStatus
    started_at: datetime
    recorded_ended_at: datetime | None
    energy_kwh: float
    last_updated: datetime
    live: bool

    def standing(self) -> tuple[int, datetime, float, str, str, str]:
        """The greater stands: an end is final, then the newer, then anything that decides for good."""
        ended = self.recorded_ended_at.isoformat() if self.recorded_ended_at else ""
        return (
            RANK[self.status],
            self.last_updated,
            self.energy_kwh,
            f"{ended}|{self.started_at.isoformat()}",
            self.token_hash or "",
            self.evse_id,
        )


def joined(one: Recorded | None, other: Recorded) -> Recorded:
    """What stands of two records of a session: the same whichever came first, and however often."""
    if one is None:
        return other
    stands = max(one, other, key=Recorded.standing)
    live = one.live or other.live
    return stands if stands.live == live else _lively(stands)


def _lively(record: Recorded) -> Recorded:
    return Recorded(**{name: getattr(record, name) for name in Recorded.__slots__} | {"live": True})


def recorded_of(row: Row) -> Recorded:
    """What the store holds as said by the vendor."""
    values = {name: row[name] for name in Recorded.__slots__}
    return Recorded(**values | {"status": SessionStatus(row["status"])})


def check_record(
    raw: Any, sites: Mapping[str, str], latest: datetime, secrecy: Secrecy
) -> Recorded | BadRecord:
    """A record, or why it cannot be used; `sites` names the site of each EVSE known."""
    try:
        record = SessionRecord.model_validate(raw)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "record"
        return _bad(raw, f"{where}: {fault['msg']}", secrecy)
    reason = _fault(record, sites, latest)
    if reason:
        return _bad(raw, reason, secrecy)
    ended_at = record.ended_at
    if record.status is SessionStatus.ACTIVE:
        ended_at = None
    elif ended_at is None:
        ended_at = max(record.last_updated, record.started_at)
    return Recorded(
        session_id=record.session_id,
        site_id=record.site_id,
        evse_id=record.evse_id,
        token_hash=secrecy.token_hash(record.token_uid),
        status=record.status,
        started_at=record.started_at.astimezone(UTC),
        recorded_ended_at=ended_at.astimezone(UTC) if ended_at else None,
        energy_kwh=record.energy_kwh,
        last_updated=record.last_updated.astimezone(UTC),
        live=record.live,
    )


def _fault(record: SessionRecord, sites: Mapping[str, str], latest: datetime) -> str | None:
    if record.evse_id not in sites:
        return "evse_id names no known EVSE"
    if sites[record.evse_id] != record.site_id:
        return "evse_id belongs to another site"
    if not 0 <= record.energy_kwh <= MAX_ENERGY_KWH:
        return "energy_kwh is negative, or beyond what any session takes"
    if record.started_at > latest:
        return "started_at lies more than 10 minutes in the future"
    if record.ended_at is not None and record.ended_at < record.started_at:
        return "ended_at lies before started_at"
    return None


def _bad(raw: Any, reason: str, secrecy: Secrecy) -> BadRecord:
    """The record without its token uid, and without fields that nobody asked for."""
    if not isinstance(raw, dict):
        return BadRecord(kind="session", reason=reason, record=type(raw).__name__)
    record = {name: raw[name] for name in FIELDS if name in raw}
    if record.get("token_uid") is not None:
        record["token_uid"] = secrecy.token_hash(str(record["token_uid"]))
    return BadRecord(kind="session", reason=reason, record=record)
