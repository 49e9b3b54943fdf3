"""What drivers said before, and which messages are in doubt."""

from readyby.store import api
from readyby.store.queries.assemble import accepted_request
from readyby.store.registry import query
from readyby.store.work import Work


@query(api.ReadPastAnswers)
def read_past_answers(work: Work, asked: api.ReadPastAnswers) -> api.PastAnswers:
    before = work.row("queries/request_before", session_ref=asked.session_ref)
    last = work.row("queries/past_answer", session_ref=asked.session_ref)
    return api.PastAnswers(
        before=accepted_request(before) if before else None,
        last_time=api.PastAnswer(**last) if last else None,
    )


@query(api.ReadHalf)
def read_half(work: Work, asked: api.ReadHalf) -> api.HalfWish | None:
    half = work.row("queries/half_wish", session_ref=asked.session_ref, since=asked.since)
    return api.HalfWish(**half) if half else None


@query(api.UnknownSends)
def unknown_sends(work: Work, asked: api.UnknownSends) -> tuple[api.UnknownSend, ...]:
    return tuple(api.UnknownSend(**row) for row in work.rows("queries/unknown_sends", since=asked.since))
