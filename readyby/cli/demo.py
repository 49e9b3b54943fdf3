"""`readyby demo`: the whole system on one machine."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from readyby.cli.context import load_settings

DEFAULT_SPEED = 60.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", rich_help_panel="Start here")(demo)


def demo(
    *,
    speed: Annotated[
        float, typer.Option(min=1.0, max=3600.0, help="How many times faster than life.")
    ] = DEFAULT_SPEED,
    until_served: Annotated[
        int | None,
        typer.Option(
            min=1, help="Stop when so many participants have left; in a fresh folder, from 05:00 on."
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="No screen; one JSON object at the end, exit code 0 if all is right."),
    ] = False,
    day: Annotated[str | None, typer.Option(help="Another day of the recorded sessions: YYYY-MM-DD.")] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Folder of this demo; it goes on where it stopped.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what an earlier demo left in the folder.")
    ] = False,
) -> None:
    """Replay a day of real charging sessions through the whole system: welcomed, asked, planned, served.

    Everything runs on this machine: the product's own processes, a Prefect server, a simulated charging
    network and simulated phones. Nothing of yours is touched and nobody is texted.
    """
    import asyncio

    from rich.console import Console
    from stamina.instrumentation import set_on_retry_hooks

    from readyby.demo.run import run_demo
    from readyby.demo.stage import LiveStage, PlainStage
    from readyby.demo.start import Wish, begin

    wish = Wish(
        speed=speed, until_served=until_served, as_json=as_json, day=day, state_dir=state_dir, fresh=fresh
    )
    set_on_retry_hooks([])  # the screen says which part is away
    begun = begin(wish, load_settings())
    console = Console(stderr=as_json)
    live = console.is_terminal and not as_json
    stage = LiveStage(console, str(begun.folder.path)) if live else PlainStage(console)
    report = asyncio.run(run_demo(wish, begun, stage))
    if report is None:
        raise typer.Exit(130 if as_json else 0)
    typer.echo(json.dumps(report.values, indent=2))
    for rule in report.broken:
        typer.secho(f"not right: {rule}", fg=typer.colors.RED, err=True)
    sys.stdout.flush()
    raise typer.Exit(report.exit_code)
