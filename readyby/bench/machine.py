"""How fast this machine is just now: shared machines differ by a factor of two from minute to minute."""

import time

ADDITIONS = 3_000_000


def spin_ms() -> float:
    """Time of a fixed loop in pure Python, in ms: a yardstick for the figures taken beside it."""
    began, total = time.perf_counter(), 0
    for number in range(ADDITIONS):
        total += number
    took_ms = (time.perf_counter() - began) * 1000
    assert total == ADDITIONS * (ADDITIONS - 1) // 2
    return round(took_ms, 1)
