"""`readyby doctor`: what is not well, and what to do about it."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from readyby.cli.context import load_settings

if TYPE_CHECKING:
    from readyby.doctor import Finding

_COLORS = {"ok": typer.colors.GREEN, "warn": typer.colors.YELLOW, "fail": typer.colors.RED}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", rich_help_panel="Start here")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Look at the machine and the running parts; exit code 1 if a check fails (warnings do not).

    On the state folder of a demo, it looks at the demo.
    """
    from readyby.demo.start import follow_demo
    from readyby.doctor import Health, examine

    findings = examine(follow_demo(load_settings()))
    failed = any(finding.health is Health.FAIL for finding in findings)
    if as_json:
        typer.echo(
            json.dumps({"ok": not failed, "checks": [_as_json(finding) for finding in findings]}, indent=2)
        )
    else:
        for finding in findings:
            _print(finding)
    if failed:
        raise typer.Exit(1)


def _as_json(finding: "Finding") -> dict[str, str]:
    return {
        "check": finding.check,
        "health": finding.health,
        "detail": finding.detail,
        "remedy": finding.remedy,
    }


def _print(finding: "Finding") -> None:
    typer.secho(f"{finding.health:<5}", fg=_COLORS[finding.health], nl=False)
    typer.echo(f"{finding.check:<17}{finding.detail}")
    if finding.remedy:
        typer.echo(f"{'':<22}remedy: {finding.remedy}")
