"""Connects a ChargePoint account: says its ports, tries it, and writes its file and secret."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from readyby.clocks import SystemClock
from readyby.errors import BadInput
from readyby.exchange.chargepoint.adapter import ChargepointAdapter
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.network_files import FOLDER, checked, forget_network, secret_path, write_private
from readyby.exchange.onboarding import write_network
from readyby.exchange.trial import Say, try_network
from readyby.settings import Settings
from readyby.sites import load_site


def connect_chargepoint(
    settings: Settings,
    name: str,
    fields: Mapping[str, object],
    credentials: tuple[str, str],
    ports: Sequence[str],
    *,
    try_evse: str | None,
    say: Say,
) -> None:
    """Look at an account, and write its file. Without `ports` (STATION:PORT=EVSE) its ports are said.

    Raises:
        BadInput: a port or a field is wrong. ReadyByError: the account's side; names the remedy.
    """
    site = load_site(settings.data_dir, settings.site_id)
    whole = {**fields, "stations": _stations(ports, {str(evse.evse_id) for evse in site.evses})}
    key, password = credentials
    given = {"name": name, **whole, "license_key": key, "password": password}
    account = checked(ChargepointSettings, given, "network add chargepoint")
    if not ports:
        asyncio.run(_say_ports(account, say))
        return
    write_network(settings, name, whole)
    write_private(secret_path(settings.state_dir, name), f"{key}:{password}")
    try:
        asyncio.run(_try_chargepoint(settings, account, try_evse, say))
    except BaseException:
        forget_network(settings.state_dir, name)
        raise
    told = f'READYBY_NETWORK=chargepoint and READYBY_NETWORK_NAME="{name}"'
    say(f"Serve it: set {told}, and start the exchange.")


def _stations(ports: Sequence[str], known: Collection[str]) -> dict[str, dict[str, str]]:
    stations: dict[str, dict[str, str]] = {}
    for each in ports:
        place, _, evse_id = each.partition("=")
        station, _, number = place.rpartition(":")
        if evse_id not in known or not station:
            raise BadInput("port", each, "name a port and an EVSE of the site, as 1:33923:2=EVSE")
        stations.setdefault(station, {})[number] = evse_id
    return stations


async def _say_ports(account: ChargepointSettings, say: Say) -> None:
    adapter = ChargepointAdapter(account, SystemClock())
    try:
        offered = await asyncio.to_thread(adapter.offered_ports)
    finally:
        await adapter.close()
    say(f"The account has {len(offered)} ports; call this again with the EVSE of each:")
    for station, number in offered:
        say(f"--port {station}:{number}=EVSE")


async def _try_chargepoint(
    settings: Settings, account: ChargepointSettings, try_evse: str | None, say: Say
) -> None:
    clock = SystemClock()
    site = load_site(settings.data_dir, settings.site_id)
    adapter = ChargepointAdapter(account, clock, folder=settings.state_dir / FOLDER, sites=(site,))
    try:
        await try_network(adapter, clock, try_evse, say, newest_rank=adapter.newest_rank)
    finally:
        await adapter.close()
