"""Waking those who wait for news."""

import asyncio
from collections.abc import Callable


class Wakeup:
    """News that any number of tasks may wait for."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Wake everybody who waits now."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait_until(self, is_news: Callable[[], bool], wait_s: float) -> None:
        """Come back as soon as there is news, after `wait_s` machine seconds at the latest."""
        try:
            async with asyncio.timeout(wait_s):
                while not is_news():
                    await self._event.wait()
        except TimeoutError:
            return
