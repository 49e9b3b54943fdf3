"""Guards the limit: what may leave now, by the envelope (I-1) and how fresh the data is (I-5, I-32). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from readyby.envelope import Envelope, lagged, raises, span_us, us
from readyby.exchange.book import CommandBook
from readyby.exchange.commands import Command, EvseControl

UNCLAIMED_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old data may be, in domain time.

    No rise is sent on a `feed` older than this; an `evse` not heard of for so long counts at its maximum.
    """

    feed: timedelta = timedelta(minutes=2)
    evse: timedelta = timedelta(minutes=5)

    @classmethod
    def polled(cls, every_s: float, meter_every: timedelta = timedelta()) -> "Freshness":
        """For a network that is read so often, in domain seconds, whose meters tell every so often.

        Two meter values in a row may be missing, and a poll may pass before the next one is read.
        """
        poll = timedelta(seconds=every_s)
        return cls(
            feed=max(timedelta(minutes=2), 3 * poll),
            evse=max(timedelta(minutes=5), 5 * poll, 2 * meter_every + poll),
        )


class Guard:
    """Knows the limit and what is heard of the site, and says which commands keep it.

    `watching_since` is when this run began to listen, `as_of` up to when the network has been read.
    """

    def __init__(self, book: CommandBook, lag: timedelta, freshness: Freshness) -> None:
        self._book = book
        self._lag_us = span_us(lag)
        self._freshness = freshness
        self.limit_kw: float | None = None
        self.as_of: datetime | None = None
        self.watching_since: datetime | None = None

    def is_heard(self, control: EvseControl, now: datetime) -> bool:
        """Whether an EVSE with a car was heard of lately."""
        if control.session_id is None:
            return True
        until = self._heard_until(control)
        return until is not None and now <= until

    def _heard_until(self, control: EvseControl) -> datetime | None:
        measured_at = self._book.watches[control.evse_id].measured_at
        told = (measured_at, self.watching_since, control.session_started_at)
        return max((at + self._freshness.evse for at in told if at is not None), default=None)

    def is_trusted(self, control: EvseControl, now: datetime) -> bool:
        return control.following and self.is_heard(control, now)

    def worst_kw(self, control: EvseControl, now: datetime) -> float:
        """The most that an EVSE may draw now, in kW."""
        exposure = control.exposure(trusted=self.is_trusted(control, now), floor_kw=self._floor_kw(control))
        return exposure.worst(self._lag_us).at(us(now))

    def envelope(self, commands: Iterable[Command], now: datetime) -> Envelope:
        """The site's worst case, ready to be asked about these commands."""
        claimed = self.is_safety_claimed
        return Envelope(
            [
                control.exposure(trusted=self.is_trusted(control, now), floor_kw=self._floor_kw(control))
                for control in self._book.controls.values()
            ],
            now_us=us(now),
            until_us=None if claimed else us(now + UNCLAIMED_AHEAD),
            lag_us=self._lag_us,
            spare=claimed,
            wanted=[command.schedule.since(us(now)) for command in commands],
        )

    def same_until_us(self, envelope: Envelope, now: datetime) -> int | None:
        """From when on an envelope made now may be outdated by time alone; None: never."""
        edges = [envelope.same_until_us]
        for control in self._book.controls.values():
            if not self.is_trusted(control, now):
                floor_kw = self._floor_kw(control)
                edges.append(control.exposure(floor_kw=floor_kw).worst(self._lag_us).next_edge_us(us(now)))
            elif control.session_id is not None and (until := self._heard_until(control)) is not None:
                edges.append(us(until))
        return min((edge for edge in edges if edge is not None), default=None)

    def admits(self, control: EvseControl, command: Command, envelope: Envelope, now: datetime) -> bool:
        """Whether a command may leave: it raises nothing that may be in force already, or all still fits.

        An EVSE that is not trusted counts at its maximum, and its commands must fit like any other: once it
        is trusted again, they count.
        """
        coming = command.schedule.since(us(now))
        worst = control.exposure(floor_kw=self._floor_kw(control)).worst(self._lag_us)
        if not raises(lagged(coming, self._lag_us), worst, us(now)):
            return True
        fresh = self.as_of is not None and now - self.as_of <= self._freshness.feed
        if not fresh or self.limit_kw is None:
            return False
        return envelope.admit(control.evse_id, coming, self.limit_kw)

    @property
    def is_safety_claimed(self) -> bool:
        """Whether the standing caps alone keep the limit; where they do not, nothing else can promise it."""
        return self.limit_kw is None or self._book.caps_kw <= self.limit_kw

    def _floor_kw(self, control: EvseControl) -> float:
        """The least that an EVSE counts with: its standing cap.

        Where the caps exceed the limit, only what was sent counts, and only the near future, so that the
        site still follows its plan.
        """
        is_sent = control.newest is not None or control.session_id is None
        return 0.0 if is_sent and not self.is_safety_claimed else control.facts.standing_cap_kw
