"""The embedded Prefect server: what is mended in it before it serves."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from prefect.server.events.storage import database

from readyby.runs.server import take_events_once, unknown_events


class Session:
    """Knows some events, and counts what is written."""

    def __init__(self, *known: object) -> None:
        self.known = known
        self.written = 0

    async def scalars(self, _: object) -> Any:
        return SimpleNamespace(all=lambda: list(self.known))

    async def execute(self, _: object) -> None:
        self.written += 1


async def test_events_are_new_once() -> None:
    first, second = SimpleNamespace(id=uuid4()), SimpleNamespace(id=uuid4())
    session: Any = Session(first.id)
    sent: Any = [first, second, second]
    assert await unknown_events(session, sent) == [second]


async def test_a_batch_in_which_nothing_is_new_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_write_sqlite_events", database._write_sqlite_events)
    event: Any = SimpleNamespace(id=uuid4())
    session: Any = Session(event.id)
    take_events_once()
    await database._write_sqlite_events(session=session, events=[event])
    assert session.written == 0
