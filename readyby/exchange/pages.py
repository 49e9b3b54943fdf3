"""What core reads: pages of feed, receipts and notices, each behind a cursor, as soon as there is news."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from readyby.exchange.adapter import Remark
from readyby.exchange.ledger import Ledger
from readyby.exchange.wakeups import Wakeup

log = structlog.get_logger("readyby.exchange")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What each page of the feed tells beside its rows, as it is now: see `contract.FeedPage`."""

    as_of: datetime | None
    silent: tuple[str, ...]
    undecided: tuple[str, ...]
    meter_every_s: float


class Pages:
    """The pages of one ledger. `standing` tells how things are; `remark` is told what is odd in a cursor."""

    def __init__(
        self,
        ledger: Ledger,
        news: Wakeup,
        standing: Callable[[], Standing],
        remark: Callable[[Remark], None],
    ) -> None:
        self._ledger, self._news, self._standing, self._remark = ledger, news, standing, remark
        self._told: tuple[object, ...] = (None, ())
        self._is_said_new = False

    async def feed(self, after: int, limit: int, wait_s: float) -> bytes:
        """The feed page after a cursor; waits for rows, for a newer `as_of`, or another silence than told."""

        def now() -> tuple[object, ...]:
            standing = self._standing()
            return standing.as_of, standing.silent

        self._note_new(after)
        self._note_ahead(is_ahead=self._ledger.follow_feed(after), what="the feed")
        self._ledger.trim(feed_after=after)
        await self._news.wait_until(lambda: self._ledger.feed_head > after or now() != self._told, wait_s)
        self._told, standing = now(), self._standing()
        told = {
            "silent": standing.silent,
            "undecided": standing.undecided,
            "meter_every_s": standing.meter_every_s,
        }
        return self._ledger.feed_page(after, limit, told)

    async def receipts(self, after: int, limit: int, wait_s: float) -> bytes:
        """The page of receipts after a cursor; waits for one."""
        self._note_ahead(is_ahead=self._ledger.follow_receipts(after), what="the receipts")
        self._ledger.trim(receipts_after=after)
        await self._news.wait_until(lambda: self._ledger.receipt_head > after, wait_s)
        return self._ledger.receipts_page(after, limit)

    async def notices(self, after: int, limit: int, wait_s: float) -> bytes:
        """The page of what was noticed after a cursor; waits for something."""
        self._note_ahead(is_ahead=self._ledger.follow_notices(after), what="the notices")
        await self._news.wait_until(lambda: self._ledger.notice_head > after, wait_s)
        return self._ledger.notices_page(after, limit)

    def _note_new(self, after: int) -> None:
        """Say once that core knew another ledger, of which EVSEs may hold commands."""
        if not self._is_said_new and self._ledger.is_new_to(after):
            self._is_said_new = True
            self._say_lost("this ledger is new: what EVSEs hold is asked of the network, or told anew")

    def _note_ahead(self, *, is_ahead: bool, what: str) -> None:
        if is_ahead:
            self._say_lost(
                f"{what} was read further than this ledger goes: it is another one; all is told again"
            )

    def _say_lost(self, detail: str) -> None:
        log.warning("ledger lost", detail=detail)
        self._remark(Remark(kind="ledger_lost", action="repaired", detail=detail))
