"""Outside -> store."""

from readyby import wiring
from readyby.runs.lane import RunReport
from readyby.runs.log import say
from readyby.store.api import FeedCursor, Ingested, IngestPage, Matched, MatchSessions
from tasks.policy import act


@act(attempts=1, timeout_s=25.0)
async def read_feed(wait_s: float) -> bytes:
    """The next page of the exchange's feed; waits up to `wait_s` machine seconds for news."""
    here = wiring.current()
    return await here.exchange.feed(await here.store.ask(FeedCursor()), wait_s)


@act(timeout_s=60.0)
async def take_in(page: bytes) -> Ingested:
    """Store a page, once, with its cursor; bad rows go to quarantine."""
    here = wiring.current()
    taken = await here.store.do(IngestPage(body=page, received_at=here.clock.now()))
    if taken.started or taken.ended or taken.quarantined:
        say(
            f"feed up to {taken.cursor}: {len(taken.started)} sessions started, {len(taken.ended)} ended, "
            f"{taken.meter_values} meter values, {taken.duplicates} known already, "
            f"{taken.quarantined} quarantined"
        )
    return taken


@act()
async def match_sessions() -> Matched:
    """Decide whose the new sessions are; eligible drivers get a welcome intended in the same transaction."""
    here = wiring.current()
    matched = await here.store.do(MatchSessions(now=here.clock.now()))
    if matched.sessions:
        say(f"{matched.sessions} sessions matched, {matched.welcomes} drivers to welcome")
    return matched


def report_taken(taken: Ingested) -> RunReport:
    """What came in, and who has to act on it."""
    wakes = (
        *(("welcome",) if taken.started else ()),
        *(("settle",) if taken.ended else ()),
        *(("plan",) if taken.started or taken.ended or taken.silence_changed or taken.requests else ()),
    )
    summary = f"{len(taken.started)} sessions started, {len(taken.ended)} ended"
    return RunReport(summary=summary, wakes=wakes)
