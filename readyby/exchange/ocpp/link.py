"""One station's connection: its calls answered, ours sent, one at a time each way, within bounds.

Frames and schemas are those of the `ocpp` package. Bodies are never logged: they name drivers' tokens.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import ocpp.messages
import structlog
from ocpp.exceptions import OCPPError
from ocpp.messages import Call, CallError, CallResult, unpack, validate_payload
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from readyby.errors import Permanent, Unreachable
from readyby.exchange.way import Way, WayRules

ocpp.messages.ASYNC_VALIDATION = False
"""Validating takes less time than going to a thread and back."""
VERSION: Final = "1.6"
BAD_FRAMES: Final = 20

Json = dict[str, Any]
Answer = Callable[[str, Json], Awaitable[Json]]

log = structlog.get_logger("readyby.exchange.ocpp")


class StationRefused(Permanent):
    """The station answered a call with an error."""


class StationLink:
    """A connected station. `answer` gives our word to its calls: action and payload to payload."""

    def __init__(
        self,
        station: str,
        connection: ServerConnection,
        answer: Answer,
        *,
        call_within_s: float,
        messages_per_s: float,
    ) -> None:
        self.station = station
        self._connection, self._answer = connection, answer
        self._call_within_s = call_within_s
        rules = WayRules(
            calls_per_minute=messages_per_s * 60, burst=max(2, int(messages_per_s * 10)), reserve=0
        )
        self._pace = Way(station, rules)
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = asyncio.Lock()
        self._bad = 0
        self._booted = asyncio.Event()
        self.is_open = True

    async def serve(self) -> None:
        """Answer the station until its connection ends."""
        try:
            async for frame in self._connection:
                await self._pace.turn()
                await self._take(frame)
                if self._bad > BAD_FRAMES:
                    log.warning("station sends no OCPP: closed", station=self.station)
                    await self._connection.close(1008, "no OCPP")
        except ConnectionClosed:
            pass
        finally:
            self.is_open = False
            self._booted.set()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(Unreachable(f"{self.station} went away"))

    async def close(self) -> None:
        self.is_open = False
        with suppress(ConnectionClosed):
            await self._connection.close(1001)

    def note_boot(self) -> None:
        """The station has started; it may take now what it did not take before."""
        self._booted.set()

    async def booted_within(self, wait_s: float) -> None:
        """Wait for a boot, or the connection's end, but not longer than that."""
        self._booted.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s if self.is_open else 0):
                await self._booted.wait()

    # --- its calls ------------------------------------------------------------------------------------

    async def _take(self, frame: str | bytes) -> None:
        try:
            message = unpack(frame)
        except (OCPPError, ValueError, RecursionError, TypeError):
            self._bad += 1
            return
        if isinstance(message, Call):
            await self._take_call(message)
            return
        waiting = self._waiting.pop(str(message.unique_id), None)
        if waiting is None or waiting.done():
            self._bad += 1
        elif isinstance(message, CallResult) and isinstance(message.payload, dict):
            waiting.set_result(message.payload)
        else:
            code = str(getattr(message, "error_code", "no result"))[:40]
            waiting.set_exception(StationRefused(f"{self.station} answered {code}"))

    async def _take_call(self, call: Call) -> None:
        answer: CallResult | CallError
        if not isinstance(call.unique_id, str) or not isinstance(call.action, str):
            self._bad += 1
            return
        try:
            payload = await self._answered(call)
        except LookupError:
            answer = CallError(call.unique_id, "NotImplemented", "", {})
        except OCPPError as error:
            self._bad += 1
            answer = CallError(call.unique_id, error.code, "", {})
        except (TypeError, ValueError, RecursionError):
            self._bad += 1
            answer = CallError(call.unique_id, "FormationViolation", "", {})
        else:
            self._bad = 0
            answer = CallResult(call.unique_id, payload)
        await self._connection.send(answer.to_json())

    async def _answered(self, call: Call) -> Json:
        """Our word to a call that is as its schema says."""
        if not isinstance(call.payload, dict) or not call.action.isalnum():
            raise TypeError(call.action)
        await validate_payload(call, VERSION)
        return await self._answer(call.action, call.payload)

    # --- our calls ------------------------------------------------------------------------------------

    async def call(self, action: str, payload: Mapping[str, Any]) -> Json:
        """The station's answer to a call of ours.

        Raises:
            Unreachable: none in time; it may have done what it was told. StationRefused: an error.
        """
        name = secrets.token_hex(8)
        try:
            async with asyncio.timeout(self._call_within_s):
                async with self._turn:
                    waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
                    self._waiting[name] = waiting
                    await self._connection.send(Call(name, action, dict(payload)).to_json())
                    return await waiting
        except TimeoutError:
            raise Unreachable(f"{self.station} did not answer {action}") from None
        except ConnectionClosed:
            raise Unreachable(f"{self.station} is not connected") from None
        finally:
            self._waiting.pop(name, None)
