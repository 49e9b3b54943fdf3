"""Commands written down before they leave, those of one turn of the event loop in one transaction.

A plan may have hundreds of commands, and each transaction waits for the disk.
"""

import asyncio

from readyby.exchange.network_state import NetworkState, Sent


class TogetherWriter:
    """Writes commands to the state, for the tasks of one event loop."""

    def __init__(self, state: NetworkState) -> None:
        self._state = state
        self._waiting: list[tuple[Sent, asyncio.Future[None]]] = []

    async def keep(self, sent: Sent) -> None:
        """Keep a command; it is on disk when this returns."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((sent, written))
        if len(self._waiting) == 1:
            loop.call_soon(self._write)
        await written

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        error: Exception | None = None
        try:
            with self._state.writing():
                for sent, _ in waiting:
                    self._state.keep_command(sent.command_id, sent)
        except Exception as failure:  # noqa: BLE001 - it is raised to everybody who waits
            error = failure
        for _, written in waiting:
            if written.done():
                continue
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)
