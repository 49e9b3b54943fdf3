"""The proof that the store can write."""

from readyby.clocks import SystemClock
from readyby.store import api
from readyby.store.registry import command
from readyby.store.work import Work


@command(api.Beat)
def beat(work: Work, given: api.Beat) -> int:
    beaten_at = SystemClock().now()
    beats = work.value("commands/beat", beaten_at=beaten_at)
    return int(beats or work.value("commands/begin_beating", beaten_at=beaten_at))
