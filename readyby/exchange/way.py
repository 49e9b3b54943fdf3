"""The way to one charging network's account: how often it is called, and whether at all.

A token bucket keeps the account within its rate; the last tokens are kept for commands, so that polls never
starve a setpoint. A circuit breaker rests after some failures in a row, longer each time, with jitter, and
then lets one call try. A wish of the network's to wait holds for the whole account. Each trouble is remarked.

Own code, since the libraries looked at (aiolimiter, pyrate-limiter, purgatory, pybreaker) rest for a fixed
time, know no kinds of calls, or belong to threads or to one event loop, while adapters here are of both
kinds. Seconds are the machine's.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from readyby.errors import Busy, Misconfigured, ReadyByError, Transient
from readyby.exchange.adapter import Remark

REMARKS_KEPT: Final = 200
LONGEST_WISH_S: Final = 600.0
TRIAL_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WayRules:
    """How an account is treated: calls a minute and at once, and when to rest after failures.

    `reserve` is the share of the burst that only commands may use.
    """

    calls_per_minute: float = 1_200.0
    burst: int = 120
    reserve: float = 0.25
    failures: int = 6
    rest_s: float = 1.0
    rest_max_s: float = 60.0
    jitter: float = 0.25


class Way:
    """One account's way; threads and event loops may share it."""

    def __init__(
        self,
        name: str,
        rules: WayRules | None = None,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._name, self._rules = name, rules or WayRules()
        self._monotonic_s, self._chance = monotonic_s, chance
        self._lock = Lock()
        self._tokens, self._counted_s = float(self._rules.burst), monotonic_s()
        self._not_before_s = self._counted_s
        self._failed = 0
        self._rests = 0
        self._rests_until_s = self._counted_s
        self._trial_since_s: float | None = None
        self._remarks: deque[Remark] = deque(maxlen=REMARKS_KEPT)

    def wait_s(self, *, command: bool = False) -> float:
        """0: go, and the call is counted. Else in how many seconds to ask again.

        Raises:
            Busy: the breaker rests, or the network asked to wait; says how long.
        """
        with self._lock:
            now_s = self._monotonic_s()
            self._check(now_s)
            rate = self._rules.calls_per_minute / 60
            self._tokens = min(self._rules.burst, self._tokens + (now_s - self._counted_s) * rate)
            self._counted_s = now_s
            least = 1.0 if command else 1.0 + self._rules.reserve * (self._rules.burst - 1)
            if self._tokens < least:
                return max((least - self._tokens) / rate, 0.001)
            self._tokens -= 1.0
            return 0.0

    def _check(self, now_s: float) -> None:
        if now_s < self._not_before_s:
            raise Busy(f"{self._name}: it asked to wait", self._not_before_s - now_s)
        if not self._rests:
            return
        if now_s < self._rests_until_s:
            raise Busy(
                f"{self._name}: resting after {self._failed} failures in a row", self._rests_until_s - now_s
            )
        if self._trial_since_s is not None and now_s - self._trial_since_s < TRIAL_WITHIN_S:
            raise Busy(f"{self._name}: one call tries whether it answers again", self._rules.rest_s)
        self._trial_since_s = now_s

    async def turn(self, *, command: bool = False) -> None:
        """Wait for the turn of a call in an event loop.

        Raises:
            Busy: as wait_s.
        """
        wait_s = self.wait_s(command=command)
        while wait_s > 0:
            await asyncio.sleep(wait_s)
            wait_s = self.wait_s(command=command)

    def drained(self) -> tuple[Remark, ...]:
        """The troubles since the last call, also those that a second try got over."""
        with self._lock:
            remarks = tuple(self._remarks)
            self._remarks.clear()
        return remarks

    def succeeded(self) -> None:
        """A call was answered, whatever the answer says."""
        with self._lock:
            self._failed, self._rests, self._trial_since_s = 0, 0, None

    def failed(self, error: ReadyByError) -> None:
        """A call ended in an error: what may pass counts towards a rest, a wish to wait is kept."""
        self._remarks.append(remark_on(error))
        if not isinstance(error, Transient):
            self.succeeded()
            return
        with self._lock:
            now_s, rules = self._monotonic_s(), self._rules
            if isinstance(error, Busy):
                wish_s = min(max(error.retry_after_s or 1.0, 0.0), LONGEST_WISH_S)
                self._not_before_s = max(self._not_before_s, now_s + wish_s)
                self._failed, self._rests, self._trial_since_s = 0, 0, None
                return
            self._failed += 1
            if self._failed >= rules.failures or self._trial_since_s is not None:
                rest_s = min(rules.rest_s * 2**self._rests, rules.rest_max_s)
                self._rests_until_s = now_s + rest_s * (1 - rules.jitter * self._chance())
                self._rests, self._trial_since_s = min(self._rests + 1, 16), None


def remark_on(error: ReadyByError) -> Remark:
    """A trouble with the network as a remark: busy, lost, credentials refused, or a call refused."""
    kind = "network_refused"
    if isinstance(error, Busy):
        kind = "network_busy"
    elif isinstance(error, Transient):
        kind = "network_lost"
    elif isinstance(error, Misconfigured) or type(error).__name__ == "Unauthorized":
        kind = "credentials_refused"
    return Remark(kind=kind, detail=str(error))
