"""How often somebody may knock: wrong keys by address and in all, posts by page; machine time, in memory.

A person never meets these limits. They make guessing and flooding useless, and cost nothing to keep: with
a key of 128 bits even unlimited guessing would find nothing (I-28).
"""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import Request

MISSES_OF_ONE: Final = RateLimitItemPerMinute(30)
MISSES_OF_ALL: Final = RateLimitItemPerSecond(200)
POSTS_OF_ONE: Final = RateLimitItemPerMinute(60)
JOINS_OF_ONE: Final = RateLimitItemPerHour(20)
JOINS_OF_ALL: Final = RateLimitItemPerMinute(60)
"""Forms that would have a code texted: a garage's drivers may share one address."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts and judges; `on=False` counts nothing, for campaigns that measure what lies behind."""

    on: bool = True
    limiter: FixedWindowRateLimiter = field(default_factory=lambda: FixedWindowRateLimiter(MemoryStorage()))

    def may_try(self, request: Request) -> bool:
        """Whether this address may try another key: it has not missed too often lately."""
        return not self.on or (
            self.limiter.test(MISSES_OF_ONE, "miss", address_of(request))
            and self.limiter.test(MISSES_OF_ALL, "miss")
        )

    def missed(self, request: Request) -> None:
        """A key opened nothing."""
        if self.on:
            self.limiter.hit(MISSES_OF_ONE, "miss", address_of(request))
            self.limiter.hit(MISSES_OF_ALL, "miss")

    def may_post(self, session_ref: str) -> bool:
        """Whether this page may send another form; counts it."""
        return not self.on or self._counted(POSTS_OF_ONE, "post", session_ref)

    def may_join(self, request: Request) -> bool:
        """Whether this address may ask for another code; counts it."""
        return not self.on or (
            self._counted(JOINS_OF_ONE, "join", address_of(request)) and self._counted(JOINS_OF_ALL, "join")
        )

    def may_knock(self, request: Request) -> bool:
        """Whether this address may post another form of the enrollment page; counts it."""
        return not self.on or self._counted(POSTS_OF_ONE, "knock", address_of(request))

    def _counted(self, item: RateLimitItem, *names: str) -> bool:
        return self.limiter.hit(item, *names)


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy on this machine, what the proxy passes on.

    Of IPv6 the network of 64 bits: one subscriber has all the addresses in it.
    """
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ip_network((address, 64), strict=False))
