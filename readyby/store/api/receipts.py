"""What became of commands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from readyby.model import EvseId
from readyby.store.api.base import BYTES_AS_BASE64, Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptsRecorded:
    cursor: int
    receipts: int
    not_following: tuple[EvseId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReceipts(Command[ReceiptsRecorded]):
    """Take in one page of receipts (the JSON bytes of `contract.ReceiptPage`), cursor and states together.

    A state never goes back; a final state is kept, but `not_followed` may follow `verified`. An EVSE that
    stops following, rejects or fails becomes a planning event.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = BYTES_AS_BASE64

    body: bytes
    received_at: datetime
    received_machine_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCursor(Query[int]):
    """Where receipts stand; 0 at the beginning."""
