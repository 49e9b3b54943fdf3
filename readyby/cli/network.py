"""`readyby network`: connect a charging network, try it, and look at what its EVSEs do."""

import json
from pathlib import Path
from typing import Annotated

import typer

from readyby.cli.context import load_settings
from readyby.cli.errors import report_errors
from readyby.errors import BadInput

app = typer.Typer(help="Connect a charging network, and look at it.", no_args_is_help=True)
add = typer.Typer(help="Connect a charging network: writes its file, and tries it.", no_args_is_help=True)
app.add_typer(add, name="add")

Name = Annotated[str, typer.Option(help="Our name of the network: its file is networks/<name>.toml.")]
Try = Annotated[
    str | None,
    typer.Option(
        "--try-evse", help="Set, verify and clear a limit at this EVSE. A car there charges less for a while."
    ),
]


Yes = Annotated[
    bool, typer.Option("--yes", help="Ask nothing before a car is limited, or files are removed.")
]


def _ask_consent(try_evse: str | None, *, yes: bool) -> None:
    """Whoever is responsible for a car has to agree that it charges less for some minutes."""
    if try_evse is not None and not yes:
        typer.confirm(f"The car at {try_evse} will charge less for some minutes. Go on?", abort=True)


def _location(told: str) -> tuple[str, str]:
    location, _, site_id = told.partition("=")
    if not location or not site_id:
        raise BadInput("location", told, "name a location and a site, as LOC1=garage")
    return location, site_id


@app.callback()
def network() -> None:
    """Connect a charging network, and look at it."""


@add.command("ocpi")
def add_ocpi(
    *,
    versions_url: Annotated[str, typer.Option(prompt="The operator's versions URL")],
    token_a: Annotated[
        str, typer.Option(prompt="CREDENTIALS_TOKEN_A", hide_input=True, envvar="READYBY_OCPI_TOKEN_A")
    ],
    public_url: Annotated[
        str, typer.Option(prompt="Where the operator reaches our side, as https://.../ocpi")
    ],
    country_code: Annotated[str, typer.Option(help="Our country code.")] = "US",
    party_id: Annotated[str, typer.Option(help="Our party id.")] = "RBY",
    location: Annotated[
        list[str] | None, typer.Option(help="LOCATION=SITE, once each; none: each location is a site.")
    ] = None,
    caps_held: Annotated[
        bool, typer.Option(help="The hardware returns to the standing cap by itself.")
    ] = False,
    meter_every_s: Annotated[
        int, typer.Option(min=1, max=3600, help="Seconds between two charging periods of a session.")
    ] = 60,
    name: Name = "ocpi",
    try_evse: Try = None,
    yes: Yes = False,
) -> None:
    """An operator that speaks OCPI 2.2.1; stop the exchange before, start it after."""
    from readyby.exchange.onboarding import connect_ocpi

    with report_errors():
        fields: dict[str, object] = {
            "versions_url": versions_url,
            "public_url": public_url.rstrip("/"),
            "country_code": country_code,
            "party_id": party_id,
            "caps_held": caps_held,
            "meter_every": f"PT{meter_every_s}S",
        }
        if location:
            fields["sites"] = dict(map(_location, location))
        _ask_consent(try_evse, yes=yes)
        connect_ocpi(load_settings(), name, fields, token_a, try_evse=try_evse, say=typer.echo)


@add.command("ocpp")
def add_ocpp(
    *,
    station: Annotated[
        list[str], typer.Option(help="STATION=EVSE, or STATION:CONNECTOR=EVSE for more than one connector.")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8887,
    tls_certificate: Annotated[str | None, typer.Option(help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[str | None, typer.Option(help="Its key, PEM.")] = None,
    hold_maximum: Annotated[
        bool,
        typer.Option(
            help="Give stations a ChargePointMaxProfile too; each of their connectors is named here."
        ),
    ] = False,
    name: Name = "ocpp",
    try_evse: Try = None,
    yes: Yes = False,
) -> None:
    """Stations that speak OCPP 1.6J; each gets a password, which is printed once."""
    from readyby.exchange.onboarding import connect_ocpp

    with report_errors():
        fields: dict[str, object] = {"host": host, "port": port}
        if hold_maximum:
            fields["holds_maximum"] = True
        if tls_certificate is not None:
            fields["tls_certificate"] = tls_certificate
        if tls_key is not None:
            fields["tls_key"] = tls_key
        _ask_consent(try_evse, yes=yes)
        connect_ocpp(load_settings(), name, fields, station, try_evse=try_evse, say=typer.echo)


@add.command("chargepoint")
def add_chargepoint(
    *,
    license_key: Annotated[
        str, typer.Option(prompt="API license key", hide_input=True, envvar="READYBY_CHARGEPOINT_KEY")
    ],
    password: Annotated[
        str, typer.Option(prompt="API password", hide_input=True, envvar="READYBY_CHARGEPOINT_PASSWORD")
    ],
    port: Annotated[
        list[str] | None, typer.Option(help="STATION:PORT=EVSE, once each; none: says the account's ports.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Another region's service.")] = None,
    group_id: Annotated[
        list[int] | None, typer.Option(help="Station group that holds the stations, once each.")
    ] = None,
    caps_held: Annotated[
        bool, typer.Option(help="The stations hold the standing cap by themselves.")
    ] = False,
    name: Name = "chargepoint",
    try_evse: Try = None,
    yes: Yes = False,
) -> None:
    """An account with ChargePoint web services 5.x."""
    from readyby.exchange.chargepoint.onboarding import connect_chargepoint

    with report_errors():
        fields: dict[str, object] = {"caps_held": caps_held}
        if url is not None:
            fields["url"] = url
        if group_id:
            fields["group_ids"] = group_id
        _ask_consent(try_evse, yes=yes)
        connect_chargepoint(
            load_settings(),
            name,
            fields,
            (license_key, password),
            port or [],
            try_evse=try_evse,
            say=typer.echo,
        )


@app.command("register")
def register_again(
    *,
    token_a: Annotated[
        str,
        typer.Option(prompt="The new CREDENTIALS_TOKEN_A", hide_input=True, envvar="READYBY_OCPI_TOKEN_A"),
    ],
    name: Name = "ocpi",
) -> None:
    """Register with an OCPI operator anew, by a new token A; stop the exchange before, start it after."""
    from readyby.exchange.ocpi import relation

    with report_errors():
        relation.register_again(load_settings(), name, token_a)
        typer.echo(f"{name}: registered anew")


@app.command()
def rotate(name: Name = "ocpi") -> None:
    """Agree on new tokens with an OCPI operator; stop the exchange before, start it after."""
    from readyby.exchange.ocpi.relation import rotate_tokens

    with report_errors():
        rotate_tokens(load_settings(), name)
        typer.echo(f"{name}: new tokens are in force")


@app.command()
def leave(name: Name = "ocpi", *, yes: Yes = False) -> None:
    """End the relation with an OCPI operator, and remove what is kept of it; stop the exchange before."""
    from readyby.exchange.ocpi.relation import end_relation

    with report_errors():
        if not yes:
            typer.confirm(f"All that is kept of {name} is removed. Go on?", abort=True)
        end_relation(load_settings(), name)
        typer.echo(f"{name}: the relation has ended, and its files are removed")


@app.command()
def status(*, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """What the running exchange knows of each EVSE: reachable, last value, asked, accepted, following."""
    from readyby.exchange.onboarding import read_status, status_lines

    with report_errors():
        told = read_status(load_settings())
        for line in [json.dumps(told, indent=2)] if as_json else status_lines(told):
            typer.echo(line)


def register(app: typer.Typer) -> None:
    """Add the command that simulates a network."""
    app.command("simulate-network", rich_help_panel="Services")(simulate_network)


def simulate_network(
    *,
    face: Annotated[str, typer.Option(help="native, ocpi, ocpp or chargepoint.")] = "ocpi",
    evses: Annotated[int, typer.Option(min=1, max=5_000, help="How many EVSEs.")] = 20,
    faults: Annotated[Path | None, typer.Option(help="TOML file of faults; none: no faults.")] = None,
    ledger: Annotated[
        Path | None, typer.Option(help="Write here what was injected, for this user only.")
    ] = None,
    port: Annotated[int, typer.Option(help="Loopback port of all but ocpp.")] = 8430,
    url: Annotated[str, typer.Option(help="Where ocpp stations connect.")] = "ws://127.0.0.1:8887/ocpp",
    key: Annotated[
        str,
        typer.Option(
            help="Key of native, token A of ocpi, password of ocpp stations, key and password of chargepoint."
        ),
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of cars.")] = 0,
) -> None:
    """A charging network with believable cars and faults on purpose, in real time; for trying things out."""
    from readyby.network.simulate import Simulation, run_simulation

    with report_errors():
        run_simulation(
            Simulation(
                face=face, evses=evses, faults=faults, ledger=ledger, port=port, url=url, key=key, seed=seed
            ),
            typer.echo,
        )
