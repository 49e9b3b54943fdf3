"""`readyby plan`: what the planner makes of a situation in a file."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan", rich_help_panel="Analysis")(plan)


def plan(
    file: Annotated[Path, typer.Argument(help="A situation as JSON; see docs/situation.schema.json.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as JSON.")] = False,
    explain: Annotated[str | None, typer.Option(help="Only why this session gets what it gets.")] = None,
    time_zone: Annotated[str, typer.Option(help="Zone of the times shown.")] = "UTC",
) -> None:
    """Plan the sessions of a situation and print the plan as a table and a chart."""
    from readyby.planning.command import plan_text

    typer.echo(plan_text(file, time_zone=time_zone, as_json=as_json, explain=explain))
