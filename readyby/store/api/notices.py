"""What the exchange noticed in a network's data and behavior."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from readyby.store.api.base import BYTES_AS_BASE64, Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesRecorded:
    """Where the feed of notices stands, and how many were new."""

    cursor: int
    notices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNotices(Command[NoticesRecorded]):
    """Take in one page of notices (the JSON bytes of `contract.NoticePage`) with its cursor, each once.

    Raises:
        BadInput: the body is no page. A notice that cannot be read goes to quarantine.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = BYTES_AS_BASE64

    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCursor(Query[int]):
    """The cursor to ask the exchange's notices with; 0 before the first page."""
