"""Where a process beside core takes domain time from: the system, or core while time is scaled."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
from pydantic import TypeAdapter

from readyby.clocks import ClockReading, DomainClock, FollowedClock, SystemClock, machine_ms, wall_now
from readyby.errors import Unreachable
from readyby.settings import Settings

READ_EVERY_S = 0.25
READINGS = TypeAdapter(ClockReading)


def domain_clock(settings: Settings) -> DomainClock:
    """The domain clock of a synchronous process; a scaled one is followed by a daemon thread.

    Before core has answered once, a scaled clock stands at the setting's start.
    """
    if settings.speed is None:
        return SystemClock()
    clock = FollowedClock(_standing(settings))
    threading.Thread(target=_follow, args=(settings, clock), daemon=True, name="clock").start()
    return clock


@contextmanager
def followed_clock(settings: Settings) -> Iterator[DomainClock]:
    """The same, followed only as long as the context lasts."""
    if settings.speed is None:
        yield SystemClock()
        return
    clock, stop = FollowedClock(_standing(settings)), threading.Event()
    threading.Thread(target=_follow, args=(settings, clock, stop), daemon=True, name="clock").start()
    try:
        yield clock
    finally:
        stop.set()


def _standing(settings: Settings) -> ClockReading:
    start = settings.domain_start or wall_now()
    return ClockReading(
        domain_at=start, machine_ms=machine_ms(), speed=settings.speed or 1.0, not_beyond=start
    )


def _follow(settings: Settings, clock: FollowedClock, stop: threading.Event | None = None) -> None:
    with httpx.Client(
        transport=httpx.HTTPTransport(uds=str(settings.socket_path)), base_url="http://core", timeout=2.0
    ) as client:
        while stop is None or not stop.is_set():
            with suppress(httpx.HTTPError, ValueError):
                clock.follow(READINGS.validate_json(client.get("/clock").raise_for_status().content))
            time.sleep(READ_EVERY_S)


def wait_for_clock(settings: Settings, timeout_s: float = 30.0) -> ClockReading | None:
    """The first reading of a scaled clock, None where time is not scaled.

    Raises:
        Unreachable: core did not answer in time.
    """
    if settings.speed is None:
        return None
    deadline = time.monotonic() + timeout_s
    transport = httpx.HTTPTransport(uds=str(settings.socket_path))
    with httpx.Client(transport=transport, base_url="http://core", timeout=2.0) as client:
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError, ValueError):
                return READINGS.validate_json(client.get("/clock").raise_for_status().content)
            time.sleep(0.1)
    raise Unreachable(f"core: no clock at {settings.socket_path} within {timeout_s:.0f} s: is core running?")
