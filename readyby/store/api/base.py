"""What a command, a query and the store are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa


R = TypeVar("R")


R_co = TypeVar("R_co", covariant=True)


BYTES_AS_BASE64: Mapping[str, str] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}
"""How bytes travel inside the JSON of a command."""


class Command(Generic[R_co]):
    """One change, all or nothing."""

    __slots__ = ()


class Query(Generic[R_co]):
    """One question."""

    __slots__ = ()


class Store(Protocol):
    """The store, in this process or in another.

    Raises (both):
        Unreachable: no core answered within 30 s of trying with the same op_id.
        BadInput, NotFound, Conflict: as the command or query says.
    """

    async def do(self, command: Command[R], *, op_id: str | None = None) -> R: ...

    async def ask(self, query: Query[R]) -> R: ...

    async def table(self, sql: str, limit: int = 100_000) -> "pa.Table":
        """A read-only SELECT over the documented views."""
        ...
