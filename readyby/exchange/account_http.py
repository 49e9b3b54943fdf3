"""The way to an account by requests: turns, total deadlines, one more try, and bounded reading.

Synchronous on purpose: adapters run it in threads of their own, so that nothing here blocks a loop.
"""

import random
import time
from collections.abc import Callable
from threading import local as per_thread
from typing import ClassVar, Final, TypeVar

import requests

from readyby.errors import Busy, ReadyByError, Unreachable
from readyby.exchange.way import Way, WayRules

CHUNK: Final = 64 * 1024

Answer = TypeVar("Answer")


class AccountHttp:
    """Calls to one account. Threads may share it; each has a connection pool of its own.

    `deadline_s` is the machine seconds that a call may take, tries and waiting included.
    """

    max_body_bytes: ClassVar[int]
    connect_s: ClassVar[float]
    retry_pause_s: ClassVar[float]

    def __init__(
        self,
        name: str,
        rules: WayRules,
        deadline_s: float,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        new_session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        self._name, self._deadline_s = name, deadline_s
        self._monotonic_s, self._pause, self._new_session = monotonic_s, pause, new_session
        self.way = Way(name, rules, monotonic_s=monotonic_s)
        self._threads = per_thread()

    def _tried(self, once: Callable[[float], Answer], *, tries: int, command: bool) -> Answer:
        """The answer of a call, which is given the end of its time; tried again where the way was cut.

        Raises:
            Unreachable, Busy: as they came, or no turn before the deadline. Others as they came.
        """
        end_s = self._monotonic_s() + self._deadline_s
        for left in reversed(range(tries)):
            self._take_turn(end_s, command=command)
            try:
                answer = once(end_s)
            except Unreachable as error:
                self.way.failed(error)
                if not left or end_s - self._monotonic_s() < 2 * self.retry_pause_s:
                    raise
                self._pause(self.retry_pause_s * (1 + random.random()))  # noqa: S311 - jitter, no secret
            except ReadyByError as error:
                self.way.failed(error)
                raise
            else:
                self.way.succeeded()
                return answer
        raise AssertionError(tries)

    def _take_turn(self, end_s: float, *, command: bool) -> None:
        """Wait until the account's rate lets a call leave.

        Raises:
            Busy: not before the deadline.
        """
        while (wait_s := self.way.wait_s(command=command)) > 0:
            if self._monotonic_s() + wait_s > end_s:
                raise Busy(f"{self._name}: its rate of calls is used up", wait_s)
            self._pause(wait_s)

    def _timeouts_s(self, end_s: float) -> tuple[float, float]:
        """How long connecting, and each read, may take.

        Raises:
            Unreachable: the time is over.
        """
        left_s = self._left_s(end_s)
        return min(self.connect_s, left_s), left_s

    def _left_s(self, end_s: float) -> float:
        left_s = end_s - self._monotonic_s()
        if left_s <= 0:
            raise Unreachable(f"{self._name} did not answer within {self._deadline_s:g} s")
        return left_s

    def _content(self, response: requests.Response, end_s: float) -> bytes:
        """The whole body; who trickles is cut off at the deadline, who floods at a bound."""
        parts, size = [], 0
        for part in response.iter_content(CHUNK):
            self._left_s(end_s)
            size += len(part)
            if size > self.max_body_bytes:
                raise Unreachable(f"{self._name} answered more than {self.max_body_bytes} bytes")
            parts.append(part)
        return b"".join(parts)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = self._new_session()
            session.trust_env = False
            session.max_redirects = 3
        return session


def retry_after_s(value: str | None) -> float | None:
    """Seconds of a Retry-After header; a date, or nonsense, is no wish."""
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 7 else None
