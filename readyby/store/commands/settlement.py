"""What a session came to, kept when it is over."""

from dataclasses import asdict
from datetime import timedelta

from readyby.errors import NotFound
from readyby.store import api
from readyby.store.checks import one_of
from readyby.store.registry import command
from readyby.store.work import Work

PROMISES = ("kept", "short", "left_early", "none")


@command(api.SettleSession)
def settle_session(work: Work, given: api.SettleSession) -> None:
    settlement = given.settlement
    one_of("promise", settlement.promise, PROMISES)
    session = work.row("queries/session_end", session_id=settlement.session_id)
    if session is None:
        raise NotFound(f"session {settlement.session_id} is unknown")
    work.run("commands/upsert_settlement", **asdict(settlement))
    over_at = session["ended_at"] or settlement.settled_at
    closes_at = over_at + timedelta(minutes=work.link_grace_min)
    work.run("commands/close_links", session_id=settlement.session_id, closes_at=closes_at)
