"""`readyby participants`: enroll people, list, pause and forget them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from readyby.cli.context import load_settings

app = typer.Typer(help="Participants of the program.", no_args_is_help=True)


@app.callback()
def participants() -> None:
    """Participants of the program."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV; see docs/participants.md.")],
) -> None:
    """Enroll the people of a CSV file, or change those whose token is known.

    Wrong rows are listed and left out, the rest goes on; exit code 1 if there was one.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        _enroll(lines)


def _enroll(lines: Iterable[str]) -> None:
    from readyby.any_store import open_any_store
    from readyby.clocks import SystemClock
    from readyby.enrollment import read_enrollment
    from readyby.store.api import ImportParticipants

    enrollment = read_enrollment(lines)
    with open_any_store(load_settings(), make=True) as store:
        done = store.do(ImportParticipants(rows=enrollment.rows, at=SystemClock().now()))
    rejected = sorted((*enrollment.rejected, *done.rejected), key=lambda row: row.line)
    for row in rejected:
        typer.secho(f"line {row.line}: {row.reason}", fg=typer.colors.YELLOW, err=True)
    typer.echo(
        f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged, {len(rejected)} left out"
    )
    if rejected:
        raise typer.Exit(1)


@app.command()
def add(
    token_uid: Annotated[str, typer.Argument(help="The uid that the station's reader sends.")],
    phone: Annotated[str, typer.Argument(help="As people write it; kept in E.164.")],
    consent_source: Annotated[str, typer.Argument(help="Where the consent is kept: a form, a ticket.")],
    *,
    consent_at: Annotated[str, typer.Option(help="RFC 3339 with a zone; default: now.")] = "",
    wh_per_mi: Annotated[float, typer.Option(help="The vehicle's consumption.")] = 300.0,
    language: Annotated[str, typer.Option(help="en or es.")] = "en",
) -> None:
    """Enroll one person; the same rules as for a row of a file."""
    import csv
    import io

    from readyby.clocks import wall_now
    from readyby.enrollment import NEEDED

    row = [token_uid, phone, consent_at or wall_now().isoformat(), consent_source, str(wh_per_mi), language]
    lines = io.StringIO()
    csv.writer(lines).writerows([[*NEEDED, "language"], row])
    lines.seek(0)
    _enroll(lines)


@app.command("list")
def list_people(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON list instead of lines.")] = False
) -> None:
    """Who is enrolled; of a number only the last four digits are shown."""
    import json
    from dataclasses import asdict

    from readyby.any_store import open_any_store
    from readyby.store.api import ListParticipants

    with open_any_store(load_settings()) as store:
        people = store.ask(ListParticipants())
    if as_json:
        typer.echo(json.dumps([asdict(person) for person in people], indent=2, default=str))
        return
    for person in people:
        marks = [name for name in ("paused", "stopped", "synthetic") if getattr(person, name)]
        consent = f"{person.consent_at:%Y-%m-%d}" if person.consent_at else "none"
        typer.echo(
            f"{person.participant_key}  ...{person.phone_end}  {person.language}  {person.wh_per_mi:g} Wh/mi "
            f" consent {consent} ({person.consent_source})  {' '.join(marks)}".rstrip()
        )
    typer.echo(f"{len(people)} participants")


@app.command()
def pause(
    phone: Annotated[str, typer.Argument(help="The person's number.")],
    *,
    resume: Annotated[bool, typer.Option("--resume", help="End the pause.")] = False,
) -> None:
    """No messages and no control for a person from the next session on, until resumed."""
    from readyby.any_store import open_any_store
    from readyby.clocks import SystemClock
    from readyby.enrollment import phone_of
    from readyby.store.api import PauseParticipant

    with open_any_store(load_settings()) as store:
        done = PauseParticipant(phone=phone_of(phone), paused=not resume, at=SystemClock().now())
        known = store.do(done)
    if not known:
        typer.secho("nobody is enrolled with this number", fg=typer.colors.YELLOW, err=True)
        raise typer.Exit(1)
    typer.echo("resumed" if resume else "paused")


@app.command()
def erase(
    phone: Annotated[str, typer.Argument(help="The person's number.")],
    *,
    backups: Annotated[bool, typer.Option("--backups", help="Remove the copies in backups/ too.")] = False,
) -> None:
    """Forget a person: enrollment, messages, links, and whose the sessions were; a STOP stays as a hash.

    Without core the file is written anew as well, so that no byte of it stays; while core runs, the rows
    are gone at once, and the bytes when core starts the next time.
    """
    from readyby.any_store import core_answers, open_any_store
    from readyby.clocks import SystemClock
    from readyby.enrollment import phone_of
    from readyby.store.api import ErasePerson

    settings = load_settings()
    with open_any_store(settings) as store:
        erased = store.do(ErasePerson(phone=phone_of(phone), at=SystemClock().now()))
    typer.echo(
        f"{erased.people} enrollments, {erased.messages} messages and {erased.links} links are gone; "
        f"{erased.sessions} sessions have no holder any more"
    )
    if core_answers(settings.socket_path):
        typer.echo(
            "core runs: when it starts the next time, the file is written anew, and the bytes are gone too"
        )
        return
    with open_any_store(settings):  # who opens it next writes it anew
        pass
    typer.echo(f"{settings.database_path} is written anew")
    copies = sorted((settings.state_dir / "backups").glob("*.duckdb"))
    if backups:
        for copy in copies:
            copy.unlink()
        typer.echo(f"{len(copies)} copies removed")
    elif copies:
        typer.echo(f"{len(copies)} copies in {settings.state_dir / 'backups'} may still hold the person")
