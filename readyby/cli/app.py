"""The `readyby` command: services, the demo, and what operators and analysts ask."""

import os
from pathlib import Path
from typing import Annotated

import typer

from readyby.cli import (
    analysis,
    bench,
    config,
    data,
    database,
    demo,
    doctor,
    events,
    network,
    people,
    plan,
    poster,
    services,
)
from readyby.cli.errors import report_errors
from readyby.logs import keep_stdout_for_answers

app = typer.Typer(
    name="readyby",
    help="Smart charging for shared EV chargers: ready by the time the driver leaves.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

demo.register(app)
doctor.register(app)
services.register(app)
analysis.register(app)
plan.register(app)
poster.register(app)
app.add_typer(config.app, name="config")
app.add_typer(people.app, name="participants")
app.add_typer(database.app, name="db")
app.add_typer(data.app, name="data")
app.add_typer(bench.app, name="bench")
app.add_typer(events.app, name="event")
app.add_typer(network.app, name="network")
network.register(app)


def _print_version(asked: bool) -> None:
    if asked:
        from readyby import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    state_dir: Annotated[
        Path | None,
        typer.Option(help="Folder of databases, sockets, logs and secrets; instead of READYBY_STATE_DIR."),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Settings come from READYBY_* in the environment, then readyby.toml, then defaults."""
    keep_stdout_for_answers()
    if state_dir is not None:
        os.environ["READYBY_STATE_DIR"] = str(state_dir)


def run() -> None:
    """Run one command and exit with its code."""
    with report_errors():
        app()
