"""What a network's state keeps for the exchange, as a batch: the same for each that keeps its news there."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from readyby.errors import Unreachable
from readyby.exchange.adapter import Batch, Remark, Setpoint, Verdict, Word
from readyby.exchange.network_state import NetworkState, News

COLUMNS: Final = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")


def read_until(state: NetworkState, cursor: str | None) -> int | None:
    """The number that a cursor of this state stands for; None: it is none, so all that is active is told."""
    epoch, _, seq = (cursor or "").partition(".")
    return int(seq) if epoch == state.epoch and seq.isascii() and seq.isdigit() else None


def batch_of(
    state: NetworkState,
    news: News,
    *,
    as_of: datetime | None,
    remarks: Iterable[Remark] = (),
    restarted: bool = False,
    facts_changed: bool = False,
) -> Batch:
    """The news of a state, with the cursor after them."""
    meter: dict[str, list[object]] = {name: [] for name in COLUMNS}
    for kind, body in news.rows:
        for name in COLUMNS if kind == "meter" else ():
            values = body[name]
            meter[name].extend(values if isinstance(values, list) else [])
    return Batch(
        cursor=f"{state.epoch}.{news.last_seq}",
        as_of=as_of,
        sessions=tuple(body for kind, body in news.rows if kind == "session"),
        meter=meter,
        wishes=tuple(body for kind, body in news.rows if kind == "wish"),
        words=tuple(_word(body) for kind, body in news.rows if kind == "word"),
        restarted=restarted,
        more=news.more,
        facts_changed=facts_changed,
        remarks=tuple(remarks),
    )


def _word(body: dict[str, object]) -> Word:
    return Word(
        command_id=str(body["command_id"]),
        verdict=Verdict(str(body["verdict"])),
        reason=str(body["reason"]),
    )


def word_on(
    setpoint: Setpoint, verdict: Verdict, reason: str = "", retry_after_s: float | None = None
) -> Word:
    """A verdict on a command."""
    return Word(command_id=setpoint.command_id, verdict=verdict, reason=reason, retry_after_s=retry_after_s)


def sent_each(setpoints: Sequence[Setpoint], send: Callable[[Setpoint], Word]) -> tuple[Word, ...]:
    """The words on commands that are sent one by one; those without a word had no answer.

    Raises:
        Unreachable: none had an answer. Others as `send`.
    """
    words, lost = [], None
    for setpoint in setpoints:
        try:
            words.append(send(setpoint))
        except Unreachable as error:
            lost = error
    if lost is not None and not words:
        raise lost
    return tuple(words)
