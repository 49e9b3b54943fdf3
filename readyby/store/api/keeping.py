"""Backups and the state of the store itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from readyby.store.api.base import Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A backup file; `tables` counts rows by table."""

    path: str
    size_bytes: int
    tables: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackUp(Query[BackedUp]):
    """Write one consistent copy of the whole store to a new file, while work goes on.

    Raises:
        Conflict: the file exists.
        Misconfigured: it cannot be written.
    """

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatus:
    """How the store is kept; `migrations` are those applied, in order, `tables` counts rows by table."""

    path: str
    size_bytes: int
    wal_bytes: int
    free_bytes: int
    migrations: tuple[str, ...]
    tables: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStoreStatus(Query[StoreStatus]):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was deleted; `sessions` stay, without their holder."""

    people: int
    sessions: int
    messages: int
    links: int
    meter_values: int

    @property
    def anything(self) -> bool:
        return any((self.people, self.sessions, self.messages, self.links, self.meter_values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(Command[Forgotten]):
    """Delete what is older than may be kept (I-31).

    People who neither plugged in nor were changed since `people_before` go as if erased, and sessions from
    before lose their holder; messages with what carriers said of them, links that are closed, and meter data
    go by their own instants. What an active session needs stays. A STOP stays as a keyed hash, and so do the
    carrier's ids of texts that came in: a replay must be known for ever (I-29).
    """

    people_before: datetime
    messages_before: datetime
    links_before: datetime
    meter_before: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteDue(Query[bool]):
    """Whether rows were deleted whose bytes stand in the file until it is written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRewritten(Command[None]):
    """The file was written anew: no byte of what was deleted is left in it."""
