"""What was applied under which op_id: the memory that makes a resend change nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from readyby.errors import Conflict
from readyby.store.statements import statement

REMEMBERED = timedelta(minutes=10)
KEPT = timedelta(days=1)
PRUNE_EVERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A command that was applied, and its answer as JSON."""

    command: str
    content_hash: str
    result: str
    applied_at: datetime

    def answer_to(self, op_id: str, command: str, content_hash: str) -> str:
        """The stored answer. Raises Conflict when the op_id stood for something else."""
        if (command, content_hash) != (self.command, self.content_hash):
            raise Conflict(f"op_id {op_id} was used for another {self.command}: give each command its own")
        return self.result


class Operations:
    """Operations of the last ten minutes in memory, of the last day in the table; machine wall time."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, wall: Callable[[], datetime]) -> None:
        self._cursor = cursor
        self._wall = wall
        self._known: dict[str, Applied] = {}
        self._since_prune = 0
        self._prune()
        rows = cursor.execute(
            statement("queries/applied_operations"), {"since": wall() - REMEMBERED}
        ).fetchall()
        for op_id, command, content_hash, result, applied_at in rows:
            self._known[op_id] = Applied(
                command=command, content_hash=content_hash, result=result, applied_at=applied_at
            )

    def find(self, op_id: str) -> Applied | None:
        """What is remembered of an op_id."""
        return self._known.get(op_id)

    def find_stored(self, op_id: str) -> Applied | None:
        """What the table holds of an op_id that memory has forgotten."""
        found = self._cursor.execute(statement("queries/applied_operation"), {"op_id": op_id}).fetchall()
        if not found:
            return None
        command, content_hash, result, applied_at = found[0]
        return Applied(command=command, content_hash=content_hash, result=result, applied_at=applied_at)

    def write(self, op_id: str, command: str, content_hash: str, result: str) -> Applied:
        """Store an operation inside the running transaction; call `remember` once it is committed."""
        applied = Applied(command=command, content_hash=content_hash, result=result, applied_at=self._wall())
        self._cursor.execute(
            statement("commands/insert_applied_operation"),
            {
                "op_id": op_id,
                "command": command,
                "content_hash": content_hash,
                "result": result,
                "applied_at": applied.applied_at,
            },
        ).fetchall()
        return applied

    def remember(self, op_id: str, applied: Applied) -> None:
        """Keep a committed operation at hand, forget old ones."""
        self._known[op_id] = applied
        before = applied.applied_at - REMEMBERED
        while self._known:
            oldest = next(iter(self._known))
            if self._known[oldest].applied_at >= before:
                break
            del self._known[oldest]
        self._since_prune += 1
        if self._since_prune >= PRUNE_EVERY:
            self._prune()

    def _prune(self) -> None:
        self._since_prune = 0
        self._cursor.execute(
            statement("commands/delete_applied_operations"), {"before": self._wall() - KEPT}
        ).fetchall()
