"""What a handler works with: one transaction on one cursor, and the ports of the store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new as hmac
from typing import Any

import duckdb
import pyarrow as pa

from readyby.errors import BadInput
from readyby.store.caps import Caps
from readyby.store.statements import statement

Row = dict[str, Any]
Ids = Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrecy:
    """How personal identifiers become keys that cannot be turned back without the pepper."""

    pepper: bytes

    def token_hash(self, token_uid: str | None) -> str | None:
        """Keyed hash of a token's uid, whatever its case; None for a missing or blank one (I-16)."""
        folded = (token_uid or "").strip().casefold()
        return self._keyed("token", folded) if folded else None

    def phone_hash(self, phone: str) -> str:
        """Keyed hash of a phone number in E.164."""
        return self._keyed("phone", phone.strip())

    def join_hash(self, join_key: str) -> str:
        """Keyed hash of the key that a joining driver's browser holds."""
        return self._keyed("join", join_key)

    def code_hash(self, join_hash: str, code: str) -> str:
        """Keyed hash of a code that was texted for one joining: six digits alone would be guessed."""
        return self._keyed("code", f"{join_hash}:{code}")

    def fingerprint(self, content: bytes) -> str:
        """What a command says, in a form that tells nothing of it."""
        return hmac(self.pepper, content, sha256).hexdigest()

    def _keyed(self, what: str, text: str) -> str:
        return hmac(self.pepper, f"{what}:{text}".encode(), sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The statements of one command or query, all inside its transaction."""

    cursor: duckdb.DuckDBPyConnection
    ids: Ids
    secrecy: Secrecy
    link_grace_min: float
    caps: Caps

    def run(self, name: str, /, **values: object) -> None:
        """Execute a statement by name with named values."""
        self.cursor.execute(statement(name), _bound(values)).fetchall()

    def rows(self, name: str, /, **values: object) -> list[Row]:
        """The rows of a statement by column name; instants in UTC."""
        result = self.cursor.execute(statement(name), _bound(values))
        names = [column[0] for column in result.description]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in result.fetchall()]

    def row(self, name: str, /, **values: object) -> Row | None:
        """The first row, or None."""
        found = self.rows(name, **values)
        return found[0] if found else None

    def value(self, name: str, /, **values: object) -> Any:
        """The only value of the first row, None without one."""
        found = self.row(name, **values)
        return next(iter(found.values())) if found else None

    def fill(self, name: str, batch: pa.Table, /, **values: object) -> None:
        """Execute a statement that reads the Arrow table `batch`."""
        self.rows_of(name, batch, **values)

    def rows_of(self, name: str, batch: pa.Table, /, **values: object) -> list[Row]:
        """The rows of a statement that reads the Arrow table `batch`."""
        with self.batch(batch):
            return self.rows(name, **values)

    def table_of(self, name: str, batch: pa.Table, /, **values: object) -> pa.Table:
        """The Arrow result of a SELECT that reads the Arrow table `batch`."""
        with self.batch(batch):
            return self.table(name, **values)

    def table(self, name: str, /, **values: object) -> pa.Table:
        """The Arrow result of a SELECT."""
        return self.cursor.sql(statement(name), params=_bound(values)).to_arrow_table()

    @contextmanager
    def batch(self, rows: pa.Table) -> Iterator[None]:
        """Let several statements read the Arrow table as `batch`."""
        self.cursor.register("batch", rows)
        try:
            yield
        finally:
            self.cursor.unregister("batch")


def _bound(values: dict[str, object]) -> dict[str, object] | None:
    for name, value in values.items():
        _refuse_naive(name, value)
    return values or None


def _refuse_naive(name: str, value: object) -> None:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise BadInput(name, value.isoformat(), "give it a time zone")


def _plain(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


INSTANT = pa.timestamp("us", tz="UTC")


def batch_of(rows: list[Row], **types: pa.DataType) -> pa.Table:
    """Rows as an Arrow table with the columns and types given, for bulk statements.

    Raises:
        BadInput: an instant without a time zone.
    """
    columns = {}
    for name, kind in types.items():
        values = [row[name] for row in rows]
        if pa.types.is_timestamp(kind):
            for value in values:
                _refuse_naive(name, value)
        columns[name] = pa.array(values, type=kind)
    return pa.table(columns)
