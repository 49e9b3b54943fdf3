"""Domain time that was granted, and a sign of life."""

from dataclasses import dataclass
from datetime import datetime

from readyby.store.api.base import Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTime(Command[None]):
    """Domain time may run to `until`: after a restart it goes on from there, never from before."""

    until: datetime
    speed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedTime(Query[datetime | None]):
    """The furthest instant that domain time was ever granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat(Command[int]):
    """A write that changes nothing else: proof that the store still can; how many there were."""
