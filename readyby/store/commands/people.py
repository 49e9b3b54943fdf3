"""Enrollment, STOP, and what drivers text: the only place that touches phone numbers and tokens."""

import math
import re
from collections import Counter
from datetime import datetime, timedelta

import pyarrow as pa

from readyby.store import api
from readyby.store.registry import command
from readyby.store.work import INSTANT, Row, Work, batch_of

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
LANGUAGES = ("en", "es")
MAX_WH_PER_MI = 2000.0
ANSWERED_WITHIN = timedelta(seconds=30)
"""So long a text may still be in hand; one that comes again later without an answer was let fall."""

PERSON_TYPES = {
    "participant_key": pa.string(),
    "token_hash": pa.string(),
    "phone": pa.string(),
    "phone_hash": pa.string(),
    "consent_at": INSTANT,
    "consent_source": pa.string(),
    "consent_version": pa.string(),
    "consent_text": pa.string(),
    "wh_per_mi": pa.float64(),
    "language": pa.string(),
    "synthetic": pa.bool_(),
    "enrolled_at": INSTANT,
    "changed_at": INSTANT,
}


@command(api.ImportParticipants)
def import_participants(work: Work, given: api.ImportParticipants) -> api.Imported:
    sound, rejected = _sort_out(work, given.rows)
    known = {row["token_hash"]: row for row in work.rows("queries/people")}
    rows, counts = [], Counter[str]()
    for token_hash, row in sound.items():
        outcome, enrolled = enrolled_as(work, token_hash, row, known.get(token_hash), given.at)
        counts[outcome] += 1
        if outcome != "unchanged":
            rows.append(enrolled)
    if rows:
        write_people(work, rows)
    return api.Imported(
        added=counts["added"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        rejected=tuple(sorted(rejected, key=lambda row: row.line)),
    )


@command(api.MarkStopped)
def mark_stopped(work: Work, given: api.MarkStopped) -> int:
    phone_hash = work.secrecy.phone_hash(given.phone)
    _mark_stopped(work, phone_hash, stopped=given.stopped, at=given.at)
    return int(work.value("queries/count_enrollments", phone_hash=phone_hash))


def _mark_stopped(work: Work, phone_hash: str, *, stopped: bool, at: datetime) -> None:
    if stopped:
        work.run("commands/insert_stopped_phone", phone_hash=phone_hash, stopped_at=at)
    else:
        work.run("commands/delete_stopped_phone", phone_hash=phone_hash)


@command(api.RecordInbound)
def record_inbound(work: Work, given: api.RecordInbound) -> api.InboundText:
    phone_hash = work.secrecy.phone_hash(given.phone)
    people = work.rows("queries/people_by_phone", phone_hash=phone_hash)
    sid = {"message_sid": given.message_sid, "received_at": given.at}
    is_new = work.value("commands/insert_inbound_text", known=bool(people), **sid)
    if is_new is not None and given.stops is not None:
        _mark_stopped(work, phone_hash, stopped=given.stops, at=given.at)
    refs = work.rows("queries/open_sessions_by_phone", phone_hash=phone_hash)
    given_up_at = given.at - ANSWERED_WITHIN
    return api.InboundText(
        is_new=bool(is_new or work.value("commands/take_inbound_text_again", given_up_at=given_up_at, **sid)),
        known=bool(people),
        session_refs=tuple(row["session_ref"] for row in refs),
        language=people[0]["language"] if people else "en",
    )


@command(api.MarkAnswered)
def mark_answered(work: Work, given: api.MarkAnswered) -> None:
    work.run("commands/mark_inbound_text_answered", message_sid=given.message_sid)


def _sort_out(
    work: Work, rows: tuple[api.ParticipantRow, ...]
) -> tuple[dict[str, api.ParticipantRow], list[api.RejectedRow]]:
    """Rows by token hash, and the rest: a token that stands for two people is refused for both."""
    sound: dict[str, api.ParticipantRow] = {}
    lines: dict[str, list[api.ParticipantRow]] = {}
    rejected = []
    for row in rows:
        token_hash = work.secrecy.token_hash(row.token_uid)
        reason = _fault(row) if token_hash else "token_uid: empty; give the token's uid"
        if token_hash is None or reason:
            rejected.append(api.RejectedRow(line=row.line, reason=str(reason)))
        else:
            lines.setdefault(token_hash, []).append(row)
    for token_hash, same in lines.items():
        if len({(row.phone, row.consent_at) for row in same}) > 1:
            where = ", ".join(str(row.line) for row in same)
            reason = f"token_uid: stands for different people on lines {where}; keep one line"
            rejected.extend(api.RejectedRow(line=row.line, reason=reason) for row in same)
        else:
            sound[token_hash] = same[-1]
    return sound, rejected


def _fault(row: api.ParticipantRow) -> str | None:
    """Why a row cannot be taken, without showing what is personal in it."""
    if not E164.fullmatch(row.phone.strip()):
        return "phone: not a number in E.164; write it like +16265550100"
    if not (math.isfinite(row.wh_per_mi) and 0 < row.wh_per_mi <= MAX_WH_PER_MI):
        return f"wh_per_mi: {row.wh_per_mi!r} is out of range; give 1 to {MAX_WH_PER_MI:g} Wh per mile"
    if row.language not in LANGUAGES:
        return f"language: {row.language!r} is not spoken; give one of {', '.join(LANGUAGES)}"
    if row.consent_at is not None and row.consent_at.tzinfo is None:
        return "consent_at: carries no time zone; write it like 2026-01-31T09:00:00-08:00"
    return None


def write_people(work: Work, rows: list[Row]) -> None:
    """Put people in the place of who held their tokens before."""
    batch = batch_of(rows, **PERSON_TYPES)
    work.fill("commands/delete_people", batch)
    work.fill("commands/insert_people", batch)


def enrolled_as(
    work: Work, token_hash: str, row: api.ParticipantRow, known: Row | None, at: datetime
) -> tuple[str, Row]:
    """What becomes of a person, and the row that says so."""
    wanted = {
        "phone": row.phone.strip(),
        "consent_at": row.consent_at,
        "consent_source": row.consent_source,
        "consent_version": row.consent_version,
        "consent_text": row.consent_text,
        "wh_per_mi": row.wh_per_mi,
        "language": row.language,
        "synthetic": row.synthetic,
    }
    if known is not None and all(known[name] == value for name, value in wanted.items()):
        return "unchanged", known
    # Another phone is another person: sessions of the former holder stay with the former key.
    same_person = known is not None and known["phone"] == wanted["phone"]
    enrolled = wanted | {
        "participant_key": known["participant_key"] if known and same_person else work.ids(),
        "token_hash": token_hash,
        "phone_hash": work.secrecy.phone_hash(row.phone),
        "enrolled_at": known["enrolled_at"] if known else at,
        "changed_at": at,
    }
    return "changed" if known else "added", enrolled
