"""Guards the limits of a site and of its circuits: what may leave now, by the envelope (I-1) and by how fresh
the data is (I-5, I-32).

Where the standing caps beneath a limit exceed it, nothing can promise it. There only what was sent counts,
and only the near future, so that the EVSEs still follow their plan as far as it keeps that limit; all other
limits are kept as ever. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from readyby.contract import PlanEnvelope
from readyby.envelope import UNBOUND, Bound, Envelope, Schedule, constant, lagged, merged, raises, span_us, us
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


def bounds_of(plan: PlanEnvelope) -> tuple[Bound, ...]:
    """The limits that a plan names: the site's own first, then the rows of each circuit.

    Raises:
        BadInput: the circuits are no tree, or an EVSE hangs on none of them.
    """
    tree = plan.tree.tree()
    other_kw = sum(circuit.reserved_kw for circuit in tree.circuits)
    rows = tree.rows()
    evse_ids = [place.evse_id for place in tree.places]
    below = [
        Bound(
            name=name,
            limit=constant(float(limit - reserved)),
            weights={evse_id: float(w) for evse_id, w in zip(evse_ids, weights, strict=True) if w > 0},
        )
        for name, weights, limit, reserved in zip(
            rows.names, rows.weights, rows.limit, rows.reserved, strict=True
        )
    ]
    timed = [
        Bound(
            name=each.name,
            limit=merged((us(step.start_at), step.limit_kw - other_kw) for step in each.steps),
        )
        for each in tree.limits
    ]
    return (Bound(name="site", limit=constant(plan.limit_kw - other_kw)), *timed, *below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The worst case as the claimed limits count it, and as the others do; None where there are none."""

    claimed: Envelope | None
    unclaimed: Envelope | None

    @property
    def kinds(self) -> Iterable[tuple[bool, Envelope]]:
        """Those that there are, with whether they are of the claimed limits."""
        return [(is_it, each) for is_it, each in ((True, self.claimed), (False, self.unclaimed)) if each]

    @property
    def same_until_us(self) -> int | None:
        edges = [each.same_until_us for _, each in self.kinds]
        return min((edge for edge in edges if edge is not None), default=None)


class Guard:
    """Knows the limits and what is heard of the site, and says which commands keep them.

    `bounds` are None until a plan has named them. `watching_since` is when this run began to listen, `as_of`
    up to when the network has been read.
    """

    def __init__(
        self, book: CommandBook, lag: timedelta, freshness: Freshness, bounds: Sequence[Bound] | None = None
    ) -> None:
        self._book = book
        self._lag_us = span_us(lag)
        self._freshness = freshness
        self.bounds = bounds
        self._sorted: tuple[object, object, tuple[Bound, ...], tuple[Bound, ...]] | None = None
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
        floor_kw = self._floor_kw(control, self._is_site_claimed)
        exposure = control.exposure(trusted=self.is_trusted(control, now), floor_kw=floor_kw)
        return exposure.worst(self._lag_us).at(us(now))

    def envelope(self, commands: Iterable[Command], now: datetime) -> Worst:
        """The site's worst case, ready to be asked about these commands."""
        wanted = [command.schedule.since(us(now)) for command in commands]
        claimed, unclaimed = self._by_claim()
        return Worst(
            claimed=self._count(claimed, wanted, now, is_claimed=True) if claimed else None,
            unclaimed=self._count(unclaimed, wanted, now, is_claimed=False) if unclaimed else None,
        )

    def _count(
        self, bounds: Sequence[Bound], wanted: Sequence[Schedule], now: datetime, *, is_claimed: bool
    ) -> Envelope:
        return Envelope(
            [
                control.exposure(
                    trusted=self.is_trusted(control, now), floor_kw=self._floor_kw(control, is_claimed)
                )
                for control in self._book.controls.values()
            ],
            now_us=us(now),
            until_us=None if is_claimed else us(now + UNCLAIMED_AHEAD),
            lag_us=self._lag_us,
            spare=is_claimed,
            wanted=wanted,
            bounds=bounds,
        )

    def same_until_us(self, envelope: Worst, now: datetime) -> int | None:
        """From when on an envelope made now may be outdated by time alone; None: never."""
        edges = [envelope.same_until_us]
        for control in self._book.controls.values():
            if not self.is_trusted(control, now):
                edges += [
                    self._possible(control, is_claimed).next_edge_us(us(now))
                    for is_claimed, _ in envelope.kinds
                ]
            elif control.session_id is not None and (until := self._heard_until(control)) is not None:
                edges.append(us(until))
        return min((edge for edge in edges if edge is not None), default=None)

    def admits(self, control: EvseControl, command: Command, envelope: Worst, now: datetime) -> bool:
        """Whether a command may leave: it raises nothing that may be in force already, or all still fits.

        An EVSE that is not trusted counts at its maximum, and its commands must fit like any other: once it
        is trusted again, they count.
        """
        coming = command.schedule.since(us(now))
        late = lagged(coming, self._lag_us)
        raised = [
            each
            for is_claimed, each in envelope.kinds
            if raises(late, self._possible(control, is_claimed), us(now))
        ]
        if not raised:
            return True
        fresh = self.as_of is not None and now - self.as_of <= self._freshness.feed
        if not fresh or self.bounds is None:
            return False
        for place, each in enumerate(raised):
            if not each.admit(control.evse_id, coming):
                for admitted in raised[:place]:
                    admitted.take_back()
                return False
        return True

    @property
    def is_safety_claimed(self) -> bool:
        """Whether the standing caps alone keep every limit."""
        return not self._by_claim()[1]

    @property
    def _is_site_claimed(self) -> bool:
        return any(bound.name == "site" for bound in self._by_claim()[0])

    def _by_claim(self) -> tuple[tuple[Bound, ...], tuple[Bound, ...]]:
        """The limits that the standing caps keep, and those that they do not."""
        bounds, caps_kw = self.bounds, self._book.caps_kw
        known = self._sorted
        if known is None or known[0] is not bounds or known[1] is not caps_kw:
            safe: list[Bound] = []
            unsafe: list[Bound] = []
            for bound in (UNBOUND,) if bounds is None else bounds:
                is_safe = _caps_below(bound, caps_kw) <= min(bound.limit.limits_kw)
                (safe if is_safe else unsafe).append(bound)
            known = self._sorted = (bounds, caps_kw, tuple(safe), tuple(unsafe))
        return known[2], known[3]

    def _possible(self, control: EvseControl, is_claimed: bool) -> Schedule:
        """The most that an EVSE that obeys may draw, over all time."""
        return control.exposure(floor_kw=self._floor_kw(control, is_claimed)).worst(self._lag_us)

    @staticmethod
    def _floor_kw(control: EvseControl, is_claimed: bool) -> float:
        """The least that an EVSE counts with: its standing cap; nothing, once it was told anything, where no
        limit is claimed.
        """
        is_sent = control.newest is not None or control.session_id is None
        return 0.0 if is_sent and not is_claimed else control.facts.standing_cap_kw


def _caps_below(bound: Bound, caps_kw: Mapping[str, float]) -> float:
    return float(np.dot(bound.of(tuple(caps_kw)), tuple(caps_kw.values())))
