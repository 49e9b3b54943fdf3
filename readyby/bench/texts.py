"""How long a driver's text takes to be understood: everyday ones, and the longest made to be hard."""

import time
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from readyby.bench.machine import spin_ms
from readyby.replies import understand

_ZONE: Final = ZoneInfo("America/Los_Angeles")
_NOW: Final = datetime(2026, 5, 20, 9, 20, tzinfo=_ZONE)
_LONGEST: Final = 1600
_EVERYDAY: Final = (
    "leaving 530 need 40mi",
    "tmrw 7am full",
    "hasta las 6 de la tarde, 15 kwh",
    "STOP",
    "status?",
    "Good morning! I will be leaving at half past three this afternoon and need thirty miles, thank you.",
    "sorry, make it quarter to six",
    "friday the 22nd, 8:15 am, 30 miles please",
)
_HARD: Final = (
    "a", "k", "5 ", "1,", "1/2/", "5:30 ", "to 5 ", "no ", "ha", "spam ", "stop ", "please ", "need ",
    "half past ", "an hour and ", "twenty ", "tommmmm", "tomorrw ", "jan 5 ", "5pm 40mi ", "push it to ",
    "is it my car ", "how much is ", "abcdefgh ", 'a" ', "\n", ">", "é", "🚗",
)  # fmt: skip


def bench_texts(rounds: int = 3) -> dict[str, Any]:
    """The least of some rounds each, in ms: per everyday text, and the hardest of the longest texts."""
    everyday = [_least_ms(text, rounds) for text in _EVERYDAY]
    hard = {piece: _least_ms((piece * _LONGEST)[:_LONGEST], rounds) for piece in _HARD}
    hardest = max(hard, key=hard.__getitem__)
    return {
        "everyday_ms": {"mean": round(sum(everyday) / len(everyday), 2), "most": round(max(everyday), 2)},
        "longest_ms": {"most": round(hard[hardest], 1), "made_of": hardest},
        "spin_ms": spin_ms(),
    }


def _least_ms(text: str, rounds: int) -> float:
    def took_ms() -> float:
        began = time.perf_counter()
        understand(text, _NOW, _ZONE)
        return (time.perf_counter() - began) * 1000

    return min(took_ms() for _ in range(rounds))
