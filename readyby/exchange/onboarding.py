"""Connects a charging network: writes its file and secret, tries it, and says what it can and cannot do."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from readyby.clocks import SystemClock
from readyby.errors import BadInput, ReadyByError, Unreachable
from readyby.exchange.network_files import (
    FOLDER,
    checked,
    forget_network,
    network_path,
    secret_path,
    write_private,
)
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.hosting import host, served
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpp.adapter import OcppAdapter
from readyby.exchange.ocpp.server import password_digest
from readyby.exchange.ocpp.settings import OcppSettings
from readyby.exchange.trial import Say, caps_line, try_network
from readyby.secrets_file import secret
from readyby.settings import Settings
from readyby.sites import load_site

PASSWORD_BYTES: Final = 24
STATION_WITHIN_S: Final = 900.0


def write_network(settings: Settings, name: str, fields: Mapping[str, object]) -> None:
    """Write a network's file.

    Raises:
        BadInput: there is one already.
    """
    path = network_path(settings.state_dir, name)
    if path.exists():
        raise BadInput("name", name, f"{path} is there already: remove it, or choose another name")
    write_private(path, "".join(f"{key} = {_toml(value)}\n" for key, value in fields.items()))


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(each)}" for key, each in value.items()) + " }"
    quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


# --- OCPI -----------------------------------------------------------------------------------------------


def connect_ocpi(
    settings: Settings,
    name: str,
    fields: Mapping[str, object],
    token_a: str,
    *,
    try_evse: str | None,
    say: Say,
) -> None:
    """Register with an operator, and look at what it offers. Nothing is left behind where that fails.

    Raises:
        BadInput: a field is wrong. ReadyByError: the operator's side; names the remedy.
    """
    partner = checked(OcpiSettings, {"name": name, **fields, "token_a": token_a}, "network add ocpi")
    write_network(settings, name, fields)
    write_private(secret_path(settings.state_dir, name), token_a)
    try:
        asyncio.run(_try_ocpi(settings, partner, try_evse, say))
    except BaseException:
        forget_network(settings.state_dir, name)
        raise
    say(f'Serve it: set READYBY_NETWORK=ocpi and READYBY_NETWORK_NAME="{name}", and start the exchange.')


async def _try_ocpi(settings: Settings, partner: OcpiSettings, try_evse: str | None, say: Say) -> None:
    clock = SystemClock()
    site = load_site(settings.data_dir, settings.site_id)
    adapter = OcpiAdapter(partner, clock, folder=settings.state_dir / FOLDER, sites=(site,))
    app = Starlette()
    host(app, adapter)
    try:
        async with served(app, settings.exchange_port):
            await asyncio.to_thread(adapter.registration.register)
            say(f"registered: OCPI {adapter.credentials.value.version}")
            try:
                await try_network(adapter, clock, try_evse, say, newest_rank=adapter.newest_rank)
            except BaseException:
                await _leave(adapter, say)
                raise
    finally:
        await adapter.close()


async def _leave(adapter: OcpiAdapter, say: Say) -> None:
    """End the relation that was just begun, or the operator would refuse the next registration."""
    try:
        await asyncio.to_thread(adapter.registration.unregister)
    except ReadyByError as error:
        say(f"It still holds us for registered ({error}): ask it to remove the relation.")
    else:
        say("unregistered: for another try ask the operator for a new token A")


# --- OCPP -----------------------------------------------------------------------------------------------


def connect_ocpp(
    settings: Settings,
    name: str,
    fields: Mapping[str, object],
    stations: Sequence[str],
    *,
    try_evse: str | None,
    say: Say,
) -> None:
    """Write the stations' file, each with a new password; its digest alone is kept.

    With an EVSE to try, wait until its station has been set up, has connected, and has a car.

    Raises:
        BadInput: a station or a field is wrong. ReadyByError: the try failed; the file stays.
    """
    site = load_site(settings.data_dir, settings.site_id)
    known = {str(evse.evse_id) for evse in site.evses}
    connectors: dict[str, dict[str, str]] = {}
    for each in stations:
        station, _, evse_id = each.partition("=")
        station, _, number = station.partition(":")
        if evse_id not in known:
            raise BadInput("station", each, f"name an EVSE of site {site.site_id}, as CP1=EVSE")
        connectors.setdefault(station, {})[number or "1"] = evse_id
    passwords = {station: secrets.token_urlsafe(PASSWORD_BYTES) for station in connectors}
    table = {
        station: {"connectors": numbered, "password_sha256": password_digest(passwords[station])}
        for station, numbered in connectors.items()
    }
    whole = {**fields, "stations": table}
    made = checked(OcppSettings, {"name": name, **whole}, "network add ocpp")
    write_network(settings, name, whole)
    scheme = "wss" if made.tls_certificate else "ws"
    for station, password in passwords.items():
        say(f"{station}: address {scheme}://<this machine>:{made.port}/ocpp/{station}, password {password}")
    say("The passwords are not shown again.")
    if made.tls_certificate is None:
        say(
            "Without a certificate passwords travel in the clear (security profile 1): a closed network only."
        )
    if try_evse is not None:
        say(f"Set up the station of {try_evse} now: waiting up to {STATION_WITHIN_S / 60:.0f} minutes.")
        asyncio.run(_try_ocpp(settings, made, try_evse, say))
    say(f'Serve it: set READYBY_NETWORK=ocpp and READYBY_NETWORK_NAME="{name}", and start the exchange.')


async def _try_ocpp(settings: Settings, made: OcppSettings, try_evse: str, say: Say) -> None:
    clock = SystemClock()
    site = load_site(settings.data_dir, settings.site_id)
    adapter = OcppAdapter(made, clock, folder=settings.state_dir / FOLDER, sites=(site,))
    try:
        await try_network(
            adapter,
            clock,
            try_evse,
            say,
            within_s=STATION_WITHIN_S,
            settled=adapter.settled,
            newest_rank=adapter.newest_rank,
        )
    finally:
        await adapter.close()


# --- status ---------------------------------------------------------------------------------------------


def read_status(settings: Settings) -> dict[str, Any]:
    """What the running exchange says of its network and each EVSE.

    Raises:
        Unreachable: it does not answer; names the remedy.
    """
    headers = {"Authorization": f"Bearer {secret(settings, 'exchange_token')}"}
    try:
        with httpx.Client(
            base_url=settings.exchange_url, headers=headers, timeout=5, trust_env=False
        ) as http:
            health = http.get("/v1/health").json()
            evses = http.get("/v1/evses").raise_for_status().json()
            notices = http.get("/v1/notices", params={"limit": 100_000}).raise_for_status().json()["notices"]
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(
            f"exchange at {settings.exchange_url}: {type(error).__name__}: start it with readyby exchange"
        ) from None
    return {"network": health, "evses": evses, "alarms": [each for each in notices if each["alarm"]][-20:]}


def status_lines(told: Mapping[str, Any]) -> list[str]:
    """The status as a table."""
    network = told["network"]
    lines = [
        f"{network['network']}: {network['status']}, as of {network['as_of']} {network['detail']}".rstrip()
    ]
    if network.get("meter_every_s"):
        lines.append(
            f"meters tell every {network['meter_every_s']:g} s; "
            f"silent after {network['silent_after_s'] / 60:g} minutes"
        )
    caps = [(each["standing_cap_kw"] < each["max_kw"], each.get("cap_held_by", "")) for each in told["evses"]]
    lines.append(caps_line(caps))
    lines.append(
        f"{'EVSE':<16}{'reached':<9}{'kW':>7}{'asked':>8}{'proven':>8}  {'state':<14}{'follows':<9}measured"
    )
    lines += [
        f"{each['evse_id']:<16}{'yes' if each['reachable'] else 'NO':<9}{_kw(each['power_kw']):>7}"
        f"{_kw(each['setpoint_kw']):>8}{_kw(each.get('verified_kw')):>8}  "
        f"{each.get('command_state') or '-':<14}"
        f"{'yes' if each['following'] else 'NO':<9}{each['measured_at'] or '-'}"
        for each in told["evses"]
    ]
    lines += [f"alarm {each['at']} {each['evse_id'] or 'network'}: {each['kind']}" for each in told["alarms"]]
    return lines


def _kw(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "-"
