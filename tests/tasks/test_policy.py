"""Acts try again only what may pass, and never longer than their policy says."""

import asyncio

import pytest

from readyby.errors import NotFound, Transient, Unreachable
from tasks.policy import act


class Flaky:
    """Fails a number of times, then answers how often it was tried."""

    def __init__(self, failures: int, error: type[Exception] = Unreachable) -> None:
        self.failures, self.error, self.tried = failures, error, 0

    def answer(self) -> int:
        self.tried += 1
        if self.tried <= self.failures:
            raise self.error("not yet")
        return self.tried


async def test_a_transient_failure_is_tried_again() -> None:
    flaky = Flaky(2)

    @act(attempts=3, wait_s=0.001)
    async def read_it() -> int:
        return flaky.answer()

    assert await read_it() == 3


async def test_attempts_are_counted() -> None:
    flaky = Flaky(5)

    @act(attempts=3, wait_s=0.001)
    async def read_it() -> int:
        return flaky.answer()

    with pytest.raises(Unreachable):
        await read_it()
    assert flaky.tried == 3


async def test_a_permanent_failure_is_final() -> None:
    flaky = Flaky(1, NotFound)

    @act(attempts=3, wait_s=0.001)
    async def read_it() -> int:
        return flaky.answer()

    with pytest.raises(NotFound):
        await read_it()
    assert flaky.tried == 1


async def test_an_act_that_hangs_ends_as_transient() -> None:
    @act(attempts=1, timeout_s=0.02)
    async def hang() -> None:
        await asyncio.sleep(5)

    with pytest.raises(Transient, match="hang: no end within"):
        await hang()
