"""`readyby poster`: what hangs at a station, so that drivers can join there."""

from pathlib import Path
from typing import Annotated

import typer

from readyby.cli.context import load_settings


def poster(
    evse_id: Annotated[str, typer.Argument(help="The EVSE it hangs at; none: the site's own page.")] = "",
    *,
    all_evses: Annotated[bool, typer.Option("--all", help="One for every EVSE under control.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="A folder for sheets to print (HTML) and codes alone (SVG).")
    ] = None,
) -> None:
    """Show the code that drivers scan to join at a station, or write sheets to print.

    The address in the code names the station and nobody. It opens at READYBY_PUBLIC_URL.
    """
    from readyby.sites import load_site
    from readyby.web.join.poster import code_of
    from readyby.web.join.routes import join_url

    settings = load_settings()
    site = load_site(settings.data_dir, settings.site_id)
    known = [evse.evse_id for evse in site.evses]
    if evse_id and evse_id not in known:
        raise typer.BadParameter(f"{evse_id!r} is no EVSE of {site.site_id}; one is {known[0]!r}")
    places = [evse.evse_id for evse in site.evses if evse.controlled] if all_evses else [evse_id]
    if not settings.public_url.startswith("https:"):
        warning = f"READYBY_PUBLIC_URL is {settings.public_url}: set the https address that phones can reach"
        typer.secho(warning, fg=typer.colors.YELLOW, err=True)
    for place in places:
        if out is not None:
            typer.echo(_write(out, place, site.name))
            continue
        typer.echo(f"{place or site.name}: {join_url(settings, place)}")
        code_of(settings, place).terminal(compact=True)


def _write(folder: Path, place: str, site_name: str) -> str:
    """A sheet and a code; the sheet's path."""
    from urllib.parse import quote

    from readyby.web.join.poster import code_of
    from readyby.web.join.poster import poster as sheet_of

    settings = load_settings()
    folder.mkdir(parents=True, exist_ok=True)
    name = quote(place, safe=" ") if place else "site"
    sheet = folder / f"{name}.html"
    sheet.write_text(sheet_of(settings, place, site_name), encoding="utf-8")
    code_of(settings, place).save(str(folder / f"{name}.svg"), scale=8, border=4)
    return str(sheet)


def register(app: typer.Typer) -> None:
    """Put the command into the program."""
    app.command()(poster)
