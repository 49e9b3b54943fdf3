"""A carrier that refuses the account: nothing leaves but one message now and then, which tries it."""

from datetime import datetime, timedelta
from typing import Final

from readyby.store import api
from readyby.store.registry import command, query
from readyby.store.work import Row, Work

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)


@query(api.ReadSendingHold)
def read_sending_hold(work: Work, asked: api.ReadSendingHold) -> api.SendingHold | None:
    row = _hold(work)
    return api.SendingHold(**row) if row else None


@command(api.HoldSending)
def hold_sending(work: Work, given: api.HoldSending) -> bool:
    return hold(work, given.code, given.detail, given.at, by_delivery=False)


def hold(work: Work, code: str, detail: str, at: datetime, *, by_delivery: bool) -> bool:
    """Let messages wait; True if they did not wait already.

    What was on its way when the hold began may still be refused: that is no further try.
    """
    row = _hold(work)
    if row is not None and at < row["next_try_at"]:
        return False
    tries = row["tries"] + 1 if row else 1
    work.run(
        "commands/upsert_sending_hold",
        code=code,
        detail=detail,
        since_at=row["since_at"] if row else at,
        tried_at=at,
        tries=tries,
        next_try_at=at + wait_after(tries),
        by_delivery=by_delivery,
    )
    return row is None


def wait_after(tries: int) -> timedelta:
    """How long nothing is tried after so many refusals in a row."""
    doublings: int = min(tries - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def is_held(work: Work, now: datetime) -> bool:
    """Whether nothing may leave."""
    row = _hold(work)
    return row is not None and now < row["next_try_at"]


def is_trying(work: Work) -> bool:
    """Whether only one message may leave, to see whether the carrier takes it."""
    return _hold(work) is not None


def note_settled(work: Work, state: str, at: datetime) -> None:
    """A message that was taken, or refused for its own sake, ends a hold that the carrier's answer began.

    Where the refusals came after the taking, only a delivery proves anything: the next try waits for it.
    """
    row = _hold(work)
    if row is None or state == "intent":
        return
    if row["by_delivery"] or state == "unknown":
        work.run("commands/put_off_sending", next_try_at=at + wait_after(row["tries"]))
    else:
        work.run("commands/end_sending_hold")


def note_delivered(work: Work, provider_id: str) -> None:
    """A message that left after the hold began has arrived: the hold is over."""
    row = _hold(work)
    claimed_at = work.value("queries/claimed_at_of_provider_id", provider_id=provider_id)
    if row is not None and claimed_at is not None and claimed_at >= row["since_at"]:
        work.run("commands/end_sending_hold")


def _hold(work: Work) -> Row | None:
    return work.row("queries/sending_hold")
