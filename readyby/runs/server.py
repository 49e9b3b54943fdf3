"""The embedded Prefect server on SQLite, made fit for several writers.

Prefect opens SQLite transactions DEFERRED: two writers that have both read meet "database is locked",
and its client then sleeps for seconds. With IMMEDIATE transactions the second waits for its turn.
"""

import asyncio
from typing import TYPE_CHECKING

from readyby.errors import Misconfigured
from readyby.runs.environment import enter_prefect_environment
from readyby.settings import Settings

if TYPE_CHECKING:
    from prefect.server.events.schemas.events import ReceivedEvent
    from sqlalchemy.ext.asyncio import AsyncSession

GRACE_S = 3


def main(settings: Settings) -> None:
    """Serve the API and the UI on loopback until told to stop.

    Raises:
        Misconfigured: this Prefect no longer opens transactions where we make them IMMEDIATE.
    """
    enter_prefect_environment(settings)
    use_immediate_transactions()
    take_events_once()
    asyncio.run(check_immediate_transactions())
    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(
        create_app(final=True),
        host="127.0.0.1",
        port=settings.prefect_port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
        loop="asyncio",  # what Prefect tests its server on
    )


def use_immediate_transactions() -> None:
    """From now on every SQLite transaction of Prefect's server takes the write lock when it begins."""
    import sqlalchemy as sa
    from prefect.server.database import configurations

    def begin(_: object, connection: sa.Connection) -> None:
        if configurations.SQLITE_BEGIN_MODE.get() is not None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    configurations.AioSqliteConfiguration.begin_sqlite_stmt = begin  # type: ignore[method-assign, assignment]  # a patch, checked below


def take_events_once() -> None:
    """From now on events that the server has already are left out before they are written.

    Clients send events again after they lost the server. Prefect's SQLite writer then makes one empty row of
    a batch in which nothing is new, fails, and holds the database for a minute.
    """
    from prefect.server.events.storage import database

    write = database._write_sqlite_events

    async def write_new(session: "AsyncSession", events: "list[ReceivedEvent]") -> None:
        new = await unknown_events(session, events)
        if new:
            await write(session=session, events=new)  # type: ignore[attr-defined]  # injected, so its type is lost

    database._write_sqlite_events = write_new


async def unknown_events(session: "AsyncSession", events: "list[ReceivedEvent]") -> "list[ReceivedEvent]":
    """The events that are not stored yet, each once."""
    import sqlalchemy as sa
    from prefect.server.database import provide_database_interface

    event = provide_database_interface().Event
    by_id = {each.id: each for each in events}
    known = set((await session.scalars(sa.select(event.id).where(event.id.in_(by_id)))).all())
    return [each for event_id, each in by_id.items() if event_id not in known]


async def check_immediate_transactions() -> None:
    """Open one transaction the way the server does, and look at how it began.

    Raises:
        Misconfigured: it did not begin IMMEDIATE.
    """
    import sqlalchemy as sa
    from prefect.server.database.configurations import AioSqliteConfiguration

    begun: list[str] = []
    database = AioSqliteConfiguration(connection_url="sqlite+aiosqlite:///:memory:")
    engine = await database.engine()
    sa.event.listen(
        engine.sync_engine, "before_cursor_execute", lambda *seen: begun.append(seen[2]), named=False
    )
    session = await database.session(engine)
    async with session, database.begin_transaction(session):
        await session.execute(sa.text("SELECT 1"))
    await engine.dispose()
    if "BEGIN IMMEDIATE" not in begun:
        raise Misconfigured(
            f"Prefect's SQLite transactions begin with {begun[:1]}, not BEGIN IMMEDIATE: "
            "install the versions of requirements.lock"
        )
