"""What drivers ask for through their network: kept until it is known whose session it is, then a request.

As on the page, only the driver of a matched, consenting participant's session at a controlled EVSE is asked
anything (I-16). What cannot become a request is quarantined.
"""

from collections.abc import Iterable
from datetime import datetime

from pydantic import ValidationError

from readyby.contract import Wish
from readyby.errors import BadInput, Conflict, NotFound
from readyby.model import Channel, RequestId, RequestKind, SessionRef
from readyby.requests import validate
from readyby.store import api
from readyby.store.commands.requests import submit_request
from readyby.store.ingest.quarantine import BadRecord, first_fault
from readyby.store.work import Row, Work

ELIGIBLE = "eligible"


def keep_wishes(work: Work, told: Iterable[object]) -> list[BadRecord]:
    """Keep the wishes of a page, each once; those that are none."""
    bad = []
    for record in told:
        try:
            wish = Wish.model_validate(record)
        except ValidationError as error:
            bad.append(BadRecord(kind="wish", reason=first_fault(error), record=record))
            continue
        if not work.rows("queries/known_wish", wish_id=wish.wish_id):
            work.run("commands/insert_network_wish", **wish.model_dump() | {"kind": wish.kind.value})
    return bad


def judge_wishes(work: Work, now: datetime) -> tuple[int, list[BadRecord]]:
    """Make requests of the wishes whose session is decided: how many, and what could become none."""
    requests, bad = 0, []
    for row in work.rows("queries/network_wishes"):
        if row["known"] and row["active"] and row["match_result"] is None:
            continue
        work.run("commands/delete_network_wish", wish_id=row["wish_id"])
        reason = _refusal(row) or _submit(work, row, now)
        if reason:
            record = {name: row[name] for name in ("wish_id", "session_id", "kind")}
            bad.append(BadRecord(kind="wish", reason=reason, record=record))
        requests += not reason
    return requests, bad


def _refusal(row: Row) -> str:
    if not row["known"]:
        return "session_id: no such session"
    if not row["active"]:
        return "session_id: the session has ended"
    if row["match_result"] != ELIGIBLE:
        return f"session_id: its driver takes no part ({row['match_result']})"
    return ""


def _submit(work: Work, row: Row, now: datetime) -> str:
    """Store the request; why not, where it is none that a driver may ask."""
    try:
        valid = validate(
            RequestKind(row["kind"]),
            now=now,
            wh_per_mi=1.0,
            departure_at=row["departure_at"],
            energy_need_kwh=row["energy_need_kwh"],
        )
        submit_request(
            work,
            api.SubmitRequest(
                session_ref=SessionRef(row["session_ref"]),
                request_id=RequestId(row["wish_id"]),
                kind=valid.kind,
                channel=Channel.NETWORK,
                received_at=now,
                received_machine_ms=row["machine_ms"],
                departure_at=valid.departure_at,
                energy_need_kwh=valid.energy_need_kwh,
            ),
        )
    except (BadInput, Conflict, NotFound) as error:
        return str(error)
    return ""
