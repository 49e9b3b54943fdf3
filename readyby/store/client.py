"""The store from another process: the same commands and queries, over core's Unix socket.

A call that finds no core tries again for 30 s of machine time, a command always under the same op_id, so
that it applies once even when core died between doing and answering.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
import orjson

from readyby.clocks import machine_ms
from readyby.errors import Unreachable
from readyby.store import api, codec
from readyby.store.problems import from_problem

if TYPE_CHECKING:
    import pyarrow as pa

R = TypeVar("R")

PATIENCE_S = 30.0
TRY_S = 10.0
LONG_TRY_S = 600.0
LONG = (api.BackUp,)
FIRST_WAIT_S, LONGEST_WAIT_S = 0.02, 0.5
BASE_URL = "http://core"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One request, the same at every try."""

    path: str
    body: bytes
    headers: dict[str, str]
    try_s: float = TRY_S


def _command_call(command: api.Command[Any], op_id: str) -> _Call:
    return _Call(
        path=f"/command/{type(command).__name__}", body=codec.encode(command), headers={"op-id": op_id}
    )


def _query_call(query: api.Query[Any]) -> _Call:
    try_s = LONG_TRY_S if isinstance(query, LONG) else TRY_S
    return _Call(path=f"/query/{type(query).__name__}", body=codec.encode(query), headers={}, try_s=try_s)


def _table_call(sql: str, limit: int) -> _Call:
    body = orjson.dumps({"sql": sql, "limit": limit})
    return _Call(path="/table", body=body, headers={}, try_s=LONG_TRY_S)


def _answer(response: httpx.Response) -> bytes:
    if response.is_success:
        return response.content
    try:
        problem = response.json()
    except ValueError:
        problem = {"detail": f"core answered with status {response.status_code}"}
    raise from_problem(problem)


def _as_table(body: bytes) -> "pa.Table":
    import pyarrow as pa

    with pa.ipc.open_stream(body) as reader:
        return reader.read_all()


def _new_op_id() -> str:
    return secrets.token_urlsafe(16)


class _Patience:
    """How long a call is tried again: machine time, with growing waits."""

    def __init__(self, socket_path: Path, patience_s: float) -> None:
        self._socket_path, self._patience_s = socket_path, patience_s
        self._until_ms = machine_ms() + round(patience_s * 1000)
        self._wait_s = FIRST_WAIT_S

    def next_wait_s(self, error: httpx.TransportError) -> float:
        """How long to wait before the next try. Raises Unreachable once patience is over."""
        if machine_ms() >= self._until_ms:
            raise Unreachable(
                f"core did not answer at {self._socket_path} within {self._patience_s:g} s "
                f"({type(error).__name__}); start it, or look into its log"
            ) from error
        wait_s = self._wait_s
        self._wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        return wait_s


class StoreClient:
    """`api.Store` over core's socket, for event loops."""

    def __init__(
        self, socket_path: Path, *, patience_s: float = PATIENCE_S, ids: Callable[[], str] = _new_op_id
    ) -> None:
        self._socket_path, self._patience_s = socket_path, patience_s
        self._ids = ids
        transport = httpx.AsyncHTTPTransport(uds=str(socket_path))
        self._http = httpx.AsyncClient(transport=transport, base_url=BASE_URL)

    async def do(self, command: api.Command[R], *, op_id: str | None = None) -> R:
        """Carry out a command, once."""
        body = await self._send(_command_call(command, op_id or self._ids()))
        return codec.decode_result(command, body)

    async def ask(self, query: api.Query[R]) -> R:
        """Answer a query."""
        return codec.decode_result(query, await self._send(_query_call(query)))

    async def table(self, sql: str, limit: int = 100_000) -> "pa.Table":
        """A read-only SELECT over the documented views."""
        return _as_table(await self._send(_table_call(sql, limit)))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _send(self, call: _Call) -> bytes:
        patience = _Patience(self._socket_path, self._patience_s)
        while True:
            try:
                response = await self._http.post(
                    call.path, content=call.body, headers=call.headers, timeout=call.try_s
                )
            except httpx.TransportError as error:
                await asyncio.sleep(patience.next_wait_s(error))
            else:
                return _answer(response)


class SyncStore:
    """`api.Store` over core's socket, for code that waits; threads may share it."""

    def __init__(
        self, socket_path: Path, *, patience_s: float = PATIENCE_S, ids: Callable[[], str] = _new_op_id
    ) -> None:
        self._socket_path, self._patience_s = socket_path, patience_s
        self._ids = ids
        self._http = httpx.Client(transport=httpx.HTTPTransport(uds=str(socket_path)), base_url=BASE_URL)

    def do(self, command: api.Command[R], *, op_id: str | None = None) -> R:
        """Carry out a command, once."""
        return codec.decode_result(command, self._send(_command_call(command, op_id or self._ids())))

    def ask(self, query: api.Query[R]) -> R:
        """Answer a query."""
        return codec.decode_result(query, self._send(_query_call(query)))

    def table(self, sql: str, limit: int = 100_000) -> "pa.Table":
        """A read-only SELECT over the documented views."""
        return _as_table(self._send(_table_call(sql, limit)))

    def healthy(self) -> bool:
        """Whether core answers now, with a write."""
        try:
            return self._http.get("/health", timeout=TRY_S).is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, call: _Call) -> bytes:
        patience = _Patience(self._socket_path, self._patience_s)
        while True:
            try:
                response = self._http.post(
                    call.path, content=call.body, headers=call.headers, timeout=call.try_s
                )
            except httpx.TransportError as error:
                time.sleep(patience.next_wait_s(error))
            else:
                return _answer(response)
