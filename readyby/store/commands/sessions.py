"""Who a session belongs to, and the welcome that follows (I-16, I-17)."""

from datetime import timedelta

import orjson
import pyarrow as pa

from readyby.store import api
from readyby.store.ingest.quarantine import quarantine
from readyby.store.ingest.ties import find_continued, go_on
from readyby.store.ingest.wishes import judge_wishes
from readyby.store.registry import command
from readyby.store.work import INSTANT, Row, Work, batch_of

WELCOME = "welcome"
WELCOME_LIFE = timedelta(hours=2)
ELIGIBLE = "eligible"

MATCH_TYPES = {
    "session_id": pa.string(),
    "match_result": pa.string(),
    "participant_key": pa.string(),
    "session_ref": pa.string(),
}
MESSAGE_TYPES = {
    "message_id": pa.string(),
    "session_id": pa.string(),
    "participant_key": pa.string(),
    "kind": pa.string(),
    "marker": pa.string(),
    "arguments": pa.string(),
    "created_at": INSTANT,
    "not_after": INSTANT,
}


@command(api.MatchSessions)
def match_sessions(work: Work, given: api.MatchSessions) -> api.Matched:
    undecided = work.rows("queries/undecided_sessions", now=given.now)
    if not undecided:
        return api.Matched(sessions=0, welcomes=0)
    eligible = [row["session_id"] for row in undecided if row["match_result"] == ELIGIBLE]
    continued = find_continued(work, eligible) if eligible else {}
    decided = [_decide(work, row, continued.get(row["session_id"])) for row in undecided]
    for found in continued.values():
        work.run("commands/take_session_ref", session_id=found["continues_id"])
    work.fill("commands/decide_sessions", batch_of(decided, **MATCH_TYPES), matched_at=given.now)
    for found in continued.values():
        go_on(work, found, given.now)
    welcomes = [
        _welcome(work, row, given)
        for row in decided
        if row["match_result"] == ELIGIBLE and row["session_id"] not in continued
    ]
    written = []
    if welcomes:
        written = work.rows_of("commands/insert_messages", batch_of(welcomes, **MESSAGE_TYPES))
    requests, bad = judge_wishes(work, given.now)
    quarantine(work, bad, given.now)
    return api.Matched(sessions=len(undecided), welcomes=len(written), requests=requests)


def _decide(work: Work, row: Row, continued: Row | None) -> Row:
    """A session with its decision; where it continues another, it has that one's name."""
    eligible = row["match_result"] == ELIGIBLE
    named = continued["session_ref"] if continued is not None else row["session_ref"]
    return {
        "session_id": row["session_id"],
        "match_result": row["match_result"],
        "participant_key": row["participant_key"] if eligible else None,
        "session_ref": named or (work.ids() if eligible else None),
        "evse_id": row["evse_id"],
        "site_name": row["site_name"],
    }


def _welcome(work: Work, row: Row, given: api.MatchSessions) -> Row:
    arguments = {"evse_id": row["evse_id"], "site_name": row["site_name"]}
    return {
        "message_id": work.ids(),
        "session_id": row["session_id"],
        "participant_key": row["participant_key"],
        "kind": WELCOME,
        "marker": "",
        "arguments": orjson.dumps(arguments).decode(),
        "created_at": given.now,
        "not_after": given.now + WELCOME_LIFE,
    }
