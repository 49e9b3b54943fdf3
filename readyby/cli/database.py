"""`readyby db`: keep the database: copies, restore, migrations, status."""

import json
from pathlib import Path
from typing import Annotated

import typer

from readyby.cli.context import load_settings

app = typer.Typer(help="The database.", no_args_is_help=True)
MB = 1_000_000


@app.callback()
def db() -> None:
    """The database."""


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="A new file; default: one named after the time, in backups/.")
    ] = None,
) -> None:
    """Write one consistent copy of the whole store, also while the product works."""
    from readyby.any_store import open_any_store
    from readyby.clocks import SystemClock
    from readyby.store.api import BackUp

    settings = load_settings()
    stamp = f"{SystemClock().now():%Y%m%dT%H%M%SZ}"
    path = (file or settings.state_dir / "backups" / f"readyby-{stamp}.duckdb").absolute()
    with open_any_store(settings) as store:
        done = store.ask(BackUp(path=str(path)))
    rows = sum(done.tables.values())
    typer.echo(f"{done.path}: {done.size_bytes / MB:.1f} MB, {rows} rows of {len(done.tables)} tables")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `db backup` wrote.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a database that is there; it is kept.")
    ] = False,
) -> None:
    """Put a copy in the database's place; only while core does not run."""
    from readyby.store.backup import restore as put_back

    settings = load_settings()
    tables = put_back(file.absolute(), settings.database_path, force=force)
    typer.echo(f"{settings.database_path}: {sum(tables.values())} rows of {len(tables)} tables are back")


@app.command()
def forget() -> None:
    """Delete now what is older than READYBY_KEEP_*_DAYS; a flow does the same every night.

    The bytes go when the file is written anew: at once without core, else when core starts the next time.
    """
    from readyby.any_store import core_answers, open_any_store
    from readyby.clocks import SystemClock
    from readyby.own_store import forgetting
    from readyby.store.api import GrantedTime

    settings = load_settings()
    with open_any_store(settings) as store:
        now = store.ask(GrantedTime()) or SystemClock().now()
        done = store.do(forgetting(settings, now))
    typer.echo(
        f"{done.people} people, holders of {done.sessions} sessions, {done.messages} messages, "
        f"{done.links} links and {done.meter_values} meter values forgotten"
    )
    if done.anything and not core_answers(settings.socket_path):
        with open_any_store(settings):  # who opens it next writes it anew
            typer.echo(f"{settings.database_path} is written anew")


@app.command()
def migrate() -> None:
    """Bring the database up to date now; core does the same when it starts."""
    from readyby.any_store import core_answers, open_any_store
    from readyby.store.api import ReadStoreStatus

    settings = load_settings()
    with open_any_store(settings, make=True) as store:
        status = store.ask(ReadStoreStatus())
    by = "core did it at its start" if core_answers(settings.socket_path) else "done"
    typer.echo(f"{by}: {len(status.migrations)} migrations are applied to {status.path}")


@app.command()
def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Say where the database is, how large, how much room is left, and what it holds."""
    from dataclasses import asdict

    from readyby.any_store import open_any_store
    from readyby.store.api import ReadStoreStatus

    with open_any_store(load_settings()) as store:
        found = store.ask(ReadStoreStatus())
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    typer.echo(f"file        {found.path}")
    typer.echo(f"size        {found.size_bytes / MB:.1f} MB, log {found.wal_bytes / MB:.1f} MB")
    typer.echo(f"free        {found.free_bytes / MB:.0f} MB")
    typer.echo(
        f"migrations  {len(found.migrations)}, newest {found.migrations[-1] if found.migrations else '-'}"
    )
    for table, rows in sorted(found.tables.items()):
        typer.echo(f"  {table:<22}{rows:>10}")
