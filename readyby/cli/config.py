"""`readyby config`: the settings in force and where each value comes from."""

import json
from typing import Annotated

import typer

from readyby.cli.context import load_settings

app = typer.Typer(help="Settings.", no_args_is_help=True)


@app.callback()
def config() -> None:
    """Settings."""


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Print every setting, its value (secrets masked), where it comes from and what it does."""
    from readyby.setting_sources import explain_settings, unknown_variables

    rows = explain_settings(load_settings())
    unknown = unknown_variables()
    if as_json:
        shown = {row.name: {"value": row.value, "from": row.source} for row in rows}
        typer.echo(json.dumps({"settings": shown, "unknown_variables": unknown}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("setting", "value", "from", "what it does", box=None, header_style="bold")
    for row in rows:
        table.add_row(row.name, row.value, row.source, row.description)
    Console().print(table)
    for name in unknown:
        typer.secho(f"{name}: no such setting; look for a typing error", fg=typer.colors.YELLOW, err=True)
