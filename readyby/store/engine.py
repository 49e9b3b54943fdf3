"""The store in this process: one writer thread, a cursor per reader thread, durable before answered."""

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from readyby.clocks import SystemClock
from readyby.errors import Busy
from readyby.store import analyst, api, codec
from readyby.store.caps import DEFAULT, Caps
from readyby.store.database import Database, Watermark, exit_now, free_bytes
from readyby.store.handlers import handler_of
from readyby.store.operations import Applied, Operations
from readyby.store.registry import Handler, veil_of
from readyby.store.statements import statement
from readyby.store.work import Ids, Secrecy, Work

R = TypeVar("R")
READERS = 4


def random_id() -> str:
    """An id of 128 bits that nobody can guess."""
    return secrets.token_urlsafe(16)


def wall_now() -> datetime:
    """The machine's wall clock: it dates applied operations, nothing else."""
    return SystemClock().now()


class LocalStore:
    """Every command and query of `api`, on a database that this process owns."""

    def __init__(
        self,
        database: Database,
        *,
        ids: Ids,
        secrecy: Secrecy,
        watermark: Watermark,
        on_fatal: Callable[[], None],
        wall: Callable[[], datetime],
        link_grace_min: float,
        caps: Caps,
    ) -> None:
        self.database = database
        self.watermark = watermark
        self._ids, self._secrecy, self._grace_min, self._caps = ids, secrecy, link_grace_min, caps
        self._on_fatal = on_fatal
        self._write_cursor = database.cursor()
        self._operations = Operations(self._write_cursor, wall)
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    async def do(self, command: api.Command[R], *, op_id: str | None = None) -> R:
        """Carry out a command; under an op_id at most once, whatever is resent."""
        return await asyncio.wrap_future(self.submit(command, op_id))

    async def ask(self, query: api.Query[R]) -> R:
        """Answer a query from one consistent snapshot."""
        return await asyncio.wrap_future(self._readers.submit(self._answer, query))

    async def table(self, sql: str, limit: int = 100_000) -> pa.Table:
        """A read-only SELECT over the documented views."""
        return await asyncio.wrap_future(self._readers.submit(self._select, sql, limit))

    def do_sync(self, command: api.Command[R], *, op_id: str | None = None) -> R:
        """`do`, for callers without an event loop."""
        return self.submit(command, op_id).result()

    def ask_sync(self, query: api.Query[R]) -> R:
        """`ask`, for callers without an event loop."""
        return self._readers.submit(self._answer, query).result()

    def table_sync(self, sql: str, limit: int = 100_000) -> pa.Table:
        """`table`, for callers without an event loop."""
        return self._readers.submit(self._select, sql, limit).result()

    def submit(self, command: api.Command[R], op_id: str | None = None) -> "Future[R]":
        """Queue a command for the writer thread."""
        return self._writer.submit(self._apply, command, op_id)

    def close(self) -> None:
        """Finish what is queued and close the database."""
        self._writer.shutdown()
        self._readers.shutdown()
        for cursor in (self._write_cursor, *self._cursors):
            cursor.close()
        self.database.close()

    def _apply(self, command: api.Command[R], op_id: str | None) -> R:
        kind = type(command)
        handler = handler_of(kind)
        if op_id is None:
            return self._transact(lambda work: _answered(handler, work, command))
        fingerprint = self._secrecy.fingerprint(codec.encode(command))
        known = self._operations.find(op_id) or self._operations.find_stored(op_id)
        if known is not None:
            answer = codec.decode_result(command, known.answer_to(op_id, kind.__name__, fingerprint))
            return self._shown(command, answer)

        def apply_once(work: Work) -> tuple[R, Applied]:
            result = _answered(handler, work, command)
            text = codec.encode_result(kind, veil_of(kind).hide(result)).decode()
            return result, self._operations.write(op_id, kind.__name__, fingerprint, text)

        result, applied = self._transact(apply_once)
        self._operations.remember(op_id, applied)
        return result

    def _shown(self, command: api.Command[R], remembered: R) -> R:
        shown: R = veil_of(type(command)).show(self._work(self._write_cursor), remembered)
        return shown

    def _transact(self, body: Callable[[Work], R]) -> R:
        self.watermark.check()
        cursor = self._write_cursor
        try:
            cursor.begin()
            try:
                result = body(self._work(cursor))
                cursor.commit()
            except BaseException as error:
                self._roll_back(cursor, error)
                raise
        except duckdb.Error as error:
            self._give_up_if_fatal(error)
            raise
        return result

    def _roll_back(self, cursor: duckdb.DuckDBPyConnection, error: BaseException) -> None:
        try:
            cursor.rollback()
        except duckdb.Error as second:
            self._give_up_if_fatal(second)
            error.add_note(f"rolling back failed too: {second}")

    def _give_up_if_fatal(self, error: duckdb.Error) -> None:
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            self._on_fatal()
        if isinstance(error, duckdb.OutOfMemoryException):
            raise Busy("the store is out of memory; raise READYBY_MEMORY_LIMIT_MB", 5.0) from error

    def _answer(self, query: api.Query[R]) -> R:
        handler = handler_of(type(query))
        return self._read(lambda cursor: _answered(handler, self._work(cursor), query))

    def _select(self, sql: str, limit: int) -> pa.Table:
        return self._read(lambda cursor: analyst.select(cursor, sql, limit))

    def _read(self, body: Callable[[duckdb.DuckDBPyConnection], R]) -> R:
        cursor = self._reader()
        try:
            cursor.execute(statement("commands/begin_reading")).fetchall()
            try:
                return body(cursor)
            finally:
                cursor.rollback()
        except duckdb.Error as error:
            self._give_up_if_fatal(error)
            raise

    def _reader(self) -> duckdb.DuckDBPyConnection:
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self.database.cursor()
            self._cursors.append(cursor)
        return cursor

    def _work(self, cursor: duckdb.DuckDBPyConnection) -> Work:
        return Work(
            cursor=cursor,
            ids=self._ids,
            secrecy=self._secrecy,
            link_grace_min=self._grace_min,
            caps=self._caps,
        )


def _answered(handler: Handler, work: Work, asked: api.Command[R] | api.Query[R]) -> R:
    """The handler's answer, of the type that the command or query says."""
    answer: R = handler(work, asked)
    return answer


def open_store(
    path: Path | str,
    *,
    pepper: bytes | str,
    ids: Ids = random_id,
    memory_limit_mb: int = 512,
    min_free_mb: int = 256,
    link_grace_min: float = 15.0,
    caps: Caps = DEFAULT,
    on_fatal: Callable[[], None] = exit_now,
    read_free: Callable[[Path], int] = free_bytes,
    wall: Callable[[], datetime] = wall_now,
) -> LocalStore:
    """Become the owner of a database (or of one in memory: ":memory:") and bring it up to date.

    `pepper` keys the hashes of personal identifiers; `ids` gives ids that cannot be guessed.

    Raises:
        Misconfigured: another process owns it, it cannot be opened, or its migrations do not fit.
    """
    database = Database(path, memory_limit_mb=memory_limit_mb)
    folder = database.path.parent if database.path else None
    return LocalStore(
        database,
        ids=ids,
        secrecy=Secrecy(pepper=pepper.encode() if isinstance(pepper, str) else pepper),
        watermark=Watermark(folder=folder, min_free_mb=min_free_mb, read_free=read_free),
        on_fatal=on_fatal,
        wall=wall,
        link_grace_min=link_grace_min,
        caps=caps,
    )
