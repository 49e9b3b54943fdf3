"""Drivers' requests: stored before they are answered, new or not by what is stored (I-11, I-12)."""

from datetime import timedelta
from typing import Final

from readyby.errors import Conflict, NotFound
from readyby.model import RequestId, SessionId, SiteId
from readyby.store import api
from readyby.store.registry import command
from readyby.store.work import Row, Work

DAY: Final = timedelta(days=1)


@command(api.SubmitRequest)
def submit_request(work: Work, given: api.SubmitRequest) -> api.RequestAnswer:
    session = work.row("queries/session_by_ref", session_ref=given.session_ref)
    if session is None:
        raise NotFound("no session has this reference")
    here = {"session_id": session["session_id"], "request_id": given.request_id}
    requests = {row["request_id"]: row for row in work.rows("queries/requests_beside", **here)}
    same_id = requests.get(given.request_id)
    if same_id is not None:
        if same_id["session_id"] != session["session_id"] or not _same_words(same_id, given):
            raise Conflict(f"request {given.request_id} is known with other content: use a new id")
        return _answer(same_id, "repeated")
    if not session["active"]:
        raise Conflict("this session has ended: requests are over")
    newest = max(requests.values(), key=lambda row: int(row["sequence"]), default=None)
    outcome = "unchanged" if newest is not None and _same_wish(newest, given) else "new"
    sequence = work.value(
        "commands/insert_request",
        request_id=given.request_id,
        session_id=session["session_id"],
        site_id=session["site_id"],
        kind=given.kind.value,
        channel=given.channel.value,
        outcome=outcome,
        received_at=given.received_at,
        received_machine_ms=given.received_machine_ms,
        departure_at=given.departure_at,
        energy_need_kwh=given.energy_need_kwh,
        distance_mi=given.distance_mi,
    )
    work.run("commands/delete_half_wish", session_id=session["session_id"])
    return _answer({**session, "request_id": given.request_id, "sequence": sequence}, outcome)


@command(api.KeepHalf)
def keep_half(work: Work, given: api.KeepHalf) -> None:
    session = work.row("queries/session_by_ref", session_ref=given.session_ref)
    if session is None:
        raise NotFound("no session has this reference")
    work.run("commands/forget_half_wishes", before=given.at - DAY)
    work.run(
        "commands/upsert_half_wish",
        session_id=session["session_id"],
        heard_at=given.at,
        departure_at=given.half.departure_at,
        amount=given.half.amount,
        unit=given.half.unit,
    )


def _same_wish(row: Row, given: api.SubmitRequest) -> bool:
    """Whether a request calls for the same plan as one stored: the unit it was typed in does not count."""
    return (row["kind"], row["departure_at"], row["energy_need_kwh"]) == (
        given.kind.value,
        given.departure_at,
        given.energy_need_kwh,
    )


def _same_words(row: Row, given: api.SubmitRequest) -> bool:
    return _same_wish(row, given) and row["distance_mi"] == given.distance_mi


def _answer(row: Row, outcome: str) -> api.RequestAnswer:
    return api.RequestAnswer(
        request_id=RequestId(row["request_id"]),
        outcome=outcome,
        sequence=row["sequence"],
        session_id=SessionId(row["session_id"]),
        site_id=SiteId(row["site_id"]),
    )
