"""The desk that answers drivers: whatever door they come through, this is the one call behind it.

It is synchronous: Streamlit's script calls it from its threads, web routes from a worker thread.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from readyby import links
from readyby.clocks import DomainClock, machine_ms
from readyby.errors import NotFound
from readyby.model import Channel, RequestId, RequestKind, SessionRef
from readyby.requests import LEAST_STAY, ValidRequest, validate
from readyby.same_again import same_again
from readyby.settings import Settings
from readyby.store.api import (
    Command,
    DriverStatus,
    LinkTarget,
    Query,
    ReadLink,
    ReadPastAnswers,
    ReadStatus,
    RequestAnswer,
    SubmitRequest,
)

R = TypeVar("R")


class SyncStore(Protocol):
    """The store for code that waits; raises as `store.api.Store` does."""

    def do(self, command: Command[R], *, op_id: str | None = None) -> R: ...

    def ask(self, query: Query[R]) -> R: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a driver asks for, as understood at the door, not yet judged.

    Of `energy_need_kwh` and `distance_mi` at most one is given; neither belongs to kinds other than need.
    """

    kind: RequestKind
    departure_at: datetime | None = None
    energy_need_kwh: float | None = None
    distance_mi: float | None = None


@dataclass(frozen=True, slots=True)
class DriverDesk:
    """Opens links, reads what a page shows, judges and submits wishes."""

    store: SyncStore
    clock: DomainClock
    settings: Settings

    def open_link(self, key: str) -> LinkTarget:
        """The session that a key opens. Raises NotFound for every other text, in the same way."""
        return self.store.ask(ReadLink(key_hash=links.key_hash(key), now=self.clock.now()))

    def admit(self, session_ref: str, key: str) -> LinkTarget:
        """The session, to whoever holds its key. Raises NotFound for any other pair (I-28)."""
        target = self.open_link(key)
        if not hmac.compare_digest(target.session_ref.encode(), session_ref.encode()):
            raise NotFound("session: no such link")
        return target

    def read(self, session_ref: SessionRef) -> DriverStatus:
        """What is known of an admitted session. Raises NotFound."""
        return self.store.ask(ReadStatus(session_ref=session_ref, now=self.clock.now()))

    def judge(self, status: DriverStatus, wish: Wish) -> ValidRequest:
        """The wish, if it can be meant seriously. Raises BadInput, naming field and remedy (I-14)."""
        return self._judge(status.wh_per_mi, wish)

    def same_again(self, status: DriverStatus) -> Wish | None:
        """What the driver asked for in an earlier session, by the same time of day; None without one."""
        session_ref, now = status.session.session_ref, self.clock.now()
        last = self.store.ask(ReadPastAnswers(session_ref=session_ref)).last_time if session_ref else None
        zone = ZoneInfo(status.site.time_zone)
        departure_at = same_again(last.departure_at, now, zone) if last else None
        if last is None or departure_at is None:
            return None
        return _need(departure_at, last.energy_need_kwh, last.distance_mi)

    def wish_before(self, status: DriverStatus) -> Wish:
        """What held before the newest request; where nothing did any more, that the car charges as usual."""
        session_ref = status.session.session_ref
        before = self.store.ask(ReadPastAnswers(session_ref=session_ref)).before if session_ref else None
        if before is None or (before.departure_at and before.departure_at < self.clock.now() + LEAST_STAY):
            return Wish(kind=RequestKind.RELEASE)
        if before.departure_at is None or before.energy_need_kwh is None:
            return Wish(kind=before.kind)
        return _need(before.departure_at, before.energy_need_kwh, before.distance_mi)

    def submit(
        self, status: DriverStatus, wish: Wish, request_id: RequestId, channel: Channel
    ) -> RequestAnswer:
        """Judge and store a wish; it is durable when this returns (I-11).

        Raises:
            BadInput: as `judge`.
            Conflict: the session has ended, or the id is known with another wish.
            Unreachable, NotFound: as the store.
        """
        if status.session.session_ref is None:
            raise NotFound("session: it has no page")
        request = self.judge(status, wish)
        return self._store(status.session.session_ref, request, request_id, channel)

    def submit_by_link(
        self, target: LinkTarget, wish: Wish, request_id: RequestId, channel: Channel
    ) -> RequestAnswer:
        """`submit` for who came by a link, which tells all that judging takes."""
        request = self._judge(target.wh_per_mi, wish)
        return self._store(target.session_ref, request, request_id, channel)

    def _judge(self, wh_per_mi: float, wish: Wish) -> ValidRequest:
        return validate(
            wish.kind,
            departure_at=wish.departure_at,
            energy_need_kwh=wish.energy_need_kwh,
            distance_mi=wish.distance_mi,
            wh_per_mi=wh_per_mi,
            now=self.clock.now(),
        )

    def _store(
        self, session_ref: SessionRef, request: ValidRequest, request_id: RequestId, channel: Channel
    ) -> RequestAnswer:
        return self.store.do(
            SubmitRequest(
                session_ref=session_ref,
                request_id=request_id,
                kind=request.kind,
                channel=channel,
                received_at=self.clock.now(),
                received_machine_ms=machine_ms(),
                departure_at=request.departure_at,
                energy_need_kwh=request.energy_need_kwh,
                distance_mi=request.distance_mi,
            )
        )


def _need(departure_at: datetime, energy_need_kwh: float, distance_mi: float | None) -> Wish:
    """A need in the unit that it was said in."""
    return Wish(
        kind=RequestKind.NEED,
        departure_at=departure_at,
        energy_need_kwh=energy_need_kwh if distance_mi is None else None,
        distance_mi=distance_mi,
    )
