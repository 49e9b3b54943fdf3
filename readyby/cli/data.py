"""`readyby data`: the sample data that ReadyBy makes itself."""

import typer

from readyby.cli.context import load_settings

app = typer.Typer(help="Sample data.", no_args_is_help=True)


@app.callback()
def data() -> None:
    """Sample data."""


@app.command()
def build() -> None:
    """Make the synthetic participants of the recorded sessions anew; the result is always the same."""
    from readyby.demo.participants import build_participants

    for path in build_participants(load_settings().data_dir):
        typer.echo(f"written: {path}")
