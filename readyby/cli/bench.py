"""`readyby bench`: measure speed and memory on this machine."""

import json
import logging
from collections.abc import Mapping
from typing import Annotated

import typer

from readyby.cli.context import load_settings

app = typer.Typer(help="Measure speed and memory on this machine.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]


@app.callback()
def bench() -> None:
    """Measure speed and memory on this machine."""


@app.command()
def loop(
    *,
    as_json: AsJson = False,
    minutes: Annotated[float, typer.Option(min=0.0, help="At least so long before memory is read.")] = 10.0,
) -> None:
    """The whole product: 100 controlled sessions, 1,000 meter values/s, both apps open, runs recorded."""
    import asyncio

    from readyby.bench.loop import bench_loop

    figures = asyncio.run(bench_loop(load_settings().data_dir, minutes=minutes))
    _tell(figures, as_json=as_json)


@app.command()
def driver(*, as_json: AsJson = False) -> None:
    """Both drivers' pages on three networks, and the answer to a form at 50 a second; needs Chromium."""
    import asyncio

    from readyby.bench.driver import bench_driver

    figures = asyncio.run(bench_driver())
    _tell(figures, as_json=as_json)


@app.command()
def texts(*, as_json: AsJson = False) -> None:
    """Understanding drivers' texts: everyday ones, and the longest that are made to be hard."""
    from readyby.bench.texts import bench_texts

    _tell(bench_texts(), as_json=as_json)


@app.command()
def plan(*, as_json: AsJson = False) -> None:
    """The planner alone, on sites made of recorded sessions, against a plain linear program."""
    import os
    from dataclasses import asdict

    from readyby.bench.machine import spin_ms
    from readyby.planning.bench import bench_plan, markdown
    from readyby.sites import load_site
    from readyby.tariff_files import tariff_of

    settings = load_settings()
    site = load_site(settings.data_dir, settings.site_id)
    sessions = settings.data_dir / "sessions" / f"{site.site_id}_2019-05_2019-08.csv.gz"
    spins_ms = [spin_ms()]
    rows = list(bench_plan(sessions, tariff_of(site, settings.data_dir)))
    spins_ms.append(spin_ms())
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "spin_ms": spins_ms}
    if as_json:
        typer.echo(json.dumps({"rows": [asdict(row) for row in rows], "machine": machine}, indent=2))
    else:
        typer.echo(markdown(rows))
        typer.echo(f"\nMachine: {machine}")


@app.command()
def exchange(
    *,
    as_json: AsJson = False,
    evses: Annotated[int, typer.Option(min=1, help="OCPP stations that report every 10 s.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=1.0, help="Machine seconds of load to measure.")] = 60.0,
    sessions: Annotated[int, typer.Option(min=1, help="Sessions in the OCPI list that is pulled.")] = 10_000,
) -> None:
    """The exchange alone: OCPP stations that report, commands to them, and a long OCPI list."""
    import asyncio

    from readyby.bench.exchange import bench_exchange
    from readyby.logs import start_logging

    start_logging("bench")
    figures = asyncio.run(bench_exchange(evses, seconds, sessions))
    _tell(figures, as_json=as_json)


@app.command()
def faults(
    *,
    as_json: AsJson = False,
    network: Annotated[
        list[str] | None, typer.Option(help="native, ocpi, ocpp or chargepoint; none: all.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each fault, by so many seeds.")] = 1,
) -> None:
    """The fault matrix: every fault on every network, what was noticed, and whether the limit held."""
    import asyncio
    from dataclasses import asdict

    from readyby.bench.fault_table import markdown
    from readyby.bench.faults import matrix
    from readyby.bench.rigs import RIGS
    from readyby.logs import start_logging

    start_logging("bench")
    logging.disable(logging.ERROR)  # every fault is logged as it is noticed: the page is what counts
    if unknown := set(network or ()) - set(RIGS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose of {', '.join(RIGS)}")
    outcomes = asyncio.run(matrix(network or list(RIGS), range(seeds)))
    rows = [asdict(each) for each in outcomes]
    typer.echo(json.dumps({"rows": rows}, indent=2) if as_json else markdown(outcomes))
    if not all(each.holds for each in outcomes):
        raise typer.Exit(1)


def _tell(figures: Mapping[str, object], *, as_json: bool) -> None:
    """Figures as JSON, or one a line."""
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        typer.echo(f"{name:<26}{value}")
