"""Looks at what a network delivers before anybody acts on it (the ingest rules of docs/exchange.md).

Nothing is dropped: what came goes on to core as it came, or repaired by a stated rule, and what cannot be
trusted is kept away from the executor: a reading that is not believed proves nothing, and an EVSE of which
nothing is believed is one that is not heard of. What is remarked once of an EVSE is not remarked again for
`QUIET`. What is known here is of this run; the first reading after a start only teaches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from readyby.contract import SessionRecord
from readyby.exchange.adapter import Batch, EvseFacts, Remark
from readyby.exchange.meter_quality import MeterWatch, judge_row
from readyby.exchange.verify import Reading
from readyby.model import SessionStatus

QUIET: Final = timedelta(minutes=2)
LATE: Final = timedelta(minutes=30)
SPLIT_WITHIN: Final = timedelta(minutes=2)
KNOWN_MOST: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A delivery after inspection: `sessions` for core, `records` and `readings` to act on."""

    sessions: tuple[Mapping[str, object], ...]
    records: list[SessionRecord]
    readings: list[Reading]
    remarks: tuple[Remark, ...]


@dataclass(slots=True)
class _Known:
    """What was told of a session: the record itself, and how often it was told the same."""

    record: SessionRecord
    told: Mapping[str, object]


@dataclass(slots=True)
class Inspector:
    """Remembers what sessions and meters told, to see what cannot be."""

    _known: dict[str, _Known] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)
    _ended: dict[str, SessionRecord] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _meters: dict[str, MeterWatch] = field(default_factory=dict)
    _quiet: dict[tuple[str, str | None], datetime] = field(default_factory=dict)
    _taught: bool = False
    _learning: bool = True
    _reading: bool = False
    _since: datetime | None = None

    def inspect(
        self, batch: Batch, facts: Mapping[str, EvseFacts], now: datetime, read_until: datetime | None
    ) -> Inspected:
        """Look at a delivery; `read_until` is up to when the network had been read before it.

        What comes in several deliveries is one reading, also where there is more of it than was known.
        """
        if not self._reading:
            self._since, self._learning = read_until, not self._taught
        self._reading, self._learning = batch.more, self._learning or batch.restarted
        learning = self._learning
        remarks: list[Remark] = [] if learning else list(batch.remarks)
        sessions: list[Mapping[str, object]] = []
        records: list[SessionRecord] = []
        for told in batch.sessions:
            for each in self._session(told, remarks, learning=learning):
                sessions.append(each)
                if (record := _read(each)) is not None:
                    records.append(record)
        readings = self._readings(batch, facts, now, remarks)
        if batch.restarted and self._taught:
            remarks.append(Remark(kind="network_restarted", detail="commands are held against its word"))
        self._taught = True
        return Inspected(
            sessions=tuple(sessions), records=records, readings=readings, remarks=self.loud(remarks, now)
        )

    def loud(self, remarks: Sequence[Remark], now: datetime) -> tuple[Remark, ...]:
        """Those remarks that were not made a moment ago."""
        found = []
        for remark in remarks:
            key = (remark.kind, remark.evse_id)
            if key in self._quiet and now - self._quiet[key] < QUIET:
                continue
            self._quiet[key] = now
            found.append(remark)
        return tuple(found)

    # --- sessions -------------------------------------------------------------------------------------

    def _session(
        self,
        told: Mapping[str, object],
        remarks: list[Remark],
        *,
        learning: bool,
    ) -> list[Mapping[str, object]]:
        """What to pass on for one session record: itself, changed or not, and ends that it implies."""
        record = _read(told)
        if record is None:
            remarks.append(
                Remark(kind="unreadable_session", action="quarantined", detail="no session record")
            )
            return [told]
        known = self._known.get(record.session_id)
        found: list[Remark] = []
        told, implied = dict(told), []
        if known is None:
            told = self._first_told(told, record, found)
        else:
            told = _told_again(told, record, known, found)
        if record.status is SessionStatus.ACTIVE and not (known and _is_over(known.record)):
            implied = self._begin(record, found, live=told.get("live", True) is True)
        elif self._open.get(record.evse_id) == record.session_id:
            del self._open[record.evse_id]
            self._ended[record.evse_id] = record
        if known is None or record.last_updated >= known.record.last_updated:
            self._keep(record, told)
        remarks.extend(found if not learning else ())
        return [*implied, told]

    def _first_told(
        self, told: dict[str, object], record: SessionRecord, remarks: list[Remark]
    ) -> dict[str, object]:
        """A session not heard of: if it began long before the network was read, it is history."""
        late = self._since is not None and record.started_at < self._since - LATE
        if not late and record.live:
            if _goes_on(self._ended.get(record.evse_id), record):
                detail = "the same card went on at once after another session's end"
                remarks.append(_of(record, "split_session", "kept", detail, alarm=False))
            return told
        kind = "late_start" if record.status is SessionStatus.ACTIVE else "unknown_session"
        detail = "told long after it began: stored, and starts nothing"
        remarks.append(_of(record, kind, "quarantined", detail))
        return {**told, "live": False}

    def _begin(
        self, record: SessionRecord, remarks: list[Remark], *, live: bool
    ) -> list[Mapping[str, object]]:
        """A session goes on at an EVSE: another one there has ended, whoever forgot to say so."""
        before = self._open.get(record.evse_id)
        self._token_elsewhere(record, remarks)
        if before == record.session_id:
            return []
        known = self._known.get(before) if before else None
        if known is not None and record.started_at < known.record.started_at:
            if live:
                detail = "it goes on beside one that began later, which stands"
                remarks.append(_of(record, "overlapping_session", "kept", detail))
            return []
        self._open[record.evse_id] = record.session_id
        if known is None or _is_over(known.record):
            return []
        kind, detail = "unended_session", "closed: the next car is there"
        if is_same_card(known.record, record):
            kind, detail = "renamed_session", "closed: the same card goes on under another name"
        remarks.append(_of(known.record, kind, "repaired", detail, alarm=kind == "unended_session"))
        ended_at = max(record.started_at, known.record.started_at)
        end = {
            **known.told,
            "status": SessionStatus.COMPLETED.value,
            "ended_at": ended_at.isoformat(),
            "last_updated": max(ended_at, known.record.last_updated).isoformat(),
        }
        if (closed := _read(end)) is not None:
            self._keep(closed, end)
        return [end]

    def _token_elsewhere(self, record: SessionRecord, remarks: list[Remark]) -> None:
        """One token at two EVSEs: a card that was lent, or copied."""
        if record.token_uid is None:
            return
        token = record.token_uid.casefold()
        other = self._known.get(self._tokens.get(token, ""))
        self._tokens[token] = record.session_id
        if other is None or record.session_id in self._known or other.record.evse_id == record.evse_id:
            return
        if self._open.get(other.record.evse_id) == other.record.session_id:
            remarks.append(_of(record, "token_twice", "kept", "its token is at another EVSE, too"))

    def _keep(self, record: SessionRecord, told: Mapping[str, object]) -> None:
        self._known.pop(record.session_id, None)
        self._known[record.session_id] = _Known(record, told)
        while len(self._known) > KNOWN_MOST:
            gone = self._known.pop(next(iter(self._known))).record
            if gone.token_uid is not None:
                self._tokens.pop(gone.token_uid.casefold(), None)

    # --- meters ---------------------------------------------------------------------------------------

    def _readings(
        self, batch: Batch, facts: Mapping[str, EvseFacts], now: datetime, remarks: list[Remark]
    ) -> list[Reading]:
        """The readings to be believed."""
        believed = []
        columns = (
            batch.meter[name] for name in ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")
        )
        until = max(now, batch.as_of) if batch.as_of else now
        for row in zip(*columns, strict=False):
            session_id, evse_id = row[0], row[1]
            fact = facts.get(evse_id) if isinstance(evse_id, str) else None
            if fact is None or not isinstance(session_id, str):
                detail = "no such EVSE" if fact is None else "no session"
                remarks.append(Remark(kind="unknown_evse", action="quarantined", detail=detail))
                continue
            watch = self._meters.get(fact.evse_id)
            if watch is None or watch.session_id != session_id:
                stray = self._stray(session_id, fact.evse_id)
                if stray is not None:
                    remarks.append(stray)
                    continue
                watch = self._meters[fact.evse_id] = MeterWatch(session_id=session_id)
            reading, found = judge_row(watch, fact, row[2:], until)
            remarks.extend(
                Remark(kind=kind, evse_id=fact.evse_id, session_id=session_id, action=action, detail=detail)
                for kind, action, detail in found
            )
            if reading is not None:
                believed.append(reading)
        return believed

    def _stray(self, session_id: str, evse_id: str) -> Remark | None:
        """A reading of a session that is not the one at its EVSE."""
        known, here = self._known.get(session_id), self._open.get(evse_id)
        if here == session_id or (
            known is not None and known.record.evse_id == evse_id and _is_over(known.record)
        ):
            return None
        if here is None and self._learning:
            return None
        detail = "no such session is at the EVSE"
        return Remark(
            kind="unknown_session",
            evse_id=evse_id,
            session_id=session_id,
            action="quarantined",
            detail=detail,
        )


def _of(record: SessionRecord, kind: str, action: str, detail: str, *, alarm: bool = True) -> Remark:
    return Remark(
        kind=kind,
        evse_id=record.evse_id,
        session_id=record.session_id,
        action=action,
        detail=detail,
        alarm=alarm,
    )


def _goes_on(ended: SessionRecord | None, record: SessionRecord) -> bool:
    """Whether a session looks like the rest of one that has just ended."""
    if ended is None:
        return False
    gap = record.started_at - (ended.ended_at or ended.last_updated)
    return is_same_card(ended, record) and timedelta(0) <= gap <= SPLIT_WITHIN


def is_same_card(one: SessionRecord, other: SessionRecord) -> bool:
    """Whether two sessions are of the same token; who has none is nobody's."""
    if one.token_uid is None or other.token_uid is None:
        return False
    return one.token_uid.casefold() == other.token_uid.casefold()


def _is_over(record: SessionRecord) -> bool:
    return record.status is not SessionStatus.ACTIVE


def _read(told: Mapping[str, object]) -> SessionRecord | None:
    try:
        return SessionRecord.model_validate(told)
    except ValidationError:
        return None


def _told_again(
    told: dict[str, object], record: SessionRecord, known: _Known, remarks: list[Remark]
) -> dict[str, object]:
    """A session told again: the same, an older state, or with another token."""
    last = known.record
    if record == last:
        remarks.append(_of(record, "duplicate_session", "kept", "told twice"))
    elif record.last_updated < last.last_updated:
        remarks.append(_of(record, "stale_session", "kept", "an older state: the newer one stands"))
    elif record.evse_id != last.evse_id:
        remarks.append(_of(record, "moved_session", "kept", "told at another EVSE than before"))
    if record.token_uid == last.token_uid or record.last_updated < last.last_updated:
        return told
    mine, theirs = (last.token_uid or "").casefold(), (record.token_uid or "").casefold()
    if mine == theirs:
        remarks.append(_of(record, "token_case", "repaired", "its token is spelled in another way"))
        return {**told, "token_uid": last.token_uid}
    remarks.append(_of(record, "token_changed", "kept", "its token is another one than before"))
    return told
