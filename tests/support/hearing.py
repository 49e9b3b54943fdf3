"""What the reader makes of a text on a Wednesday morning, in short."""

from datetime import datetime
from zoneinfo import ZoneInfo

from readyby.replies import Command, Question, Unclear, understand

ZONE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2019, 7, 24, 9, 40, tzinfo=ZONE)


def said(text: str, now: datetime = NOW) -> str:
    """The meaning of a text, in short."""
    reply = understand(text, now, ZONE)
    if isinstance(reply, Command):
        return reply.word.upper()
    if isinstance(reply, Question):
        return f"? {reply.about}"
    if isinstance(reply, Unclear):
        return "unclear"
    when = f"{reply.departure.at.astimezone(ZONE):%a %H:%M}" if reply.departure else "-"
    rolled = " rolled" if reply.departure and reply.departure.rolled else ""
    amount = "-"
    if reply.amount:
        amount = "full" if reply.amount.unit == "full" else f"{reply.amount.value:g} {reply.amount.unit}"
    return f"{when}{rolled} / {amount}"
