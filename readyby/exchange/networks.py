"""Opens the charging network that the settings name, as an adapter to be served."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.applications import Starlette

from readyby.clocks import DomainClock, SystemClock
from readyby.exchange.adapter import Adapter
from readyby.exchange.network_files import FOLDER, read_network_file
from readyby.model import Site
from readyby.secrets_file import secret
from readyby.settings import Settings
from readyby.sites import load_site

COUNTED_SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""OCPP's transaction numbers have 31 bits: seconds since then fit for decades."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNetwork:
    """A network's adapter; `host` adds its inbound doors to the exchange's application, where it has any."""

    adapter: Adapter
    host: Callable[[Starlette], None] = lambda _app: None


def network_name(settings: Settings) -> str:
    """The name of the network's file."""
    return settings.network_name or settings.network


def open_network(settings: Settings, clock: DomainClock) -> OpenedNetwork:
    """The network of the settings.

    Raises:
        NotFound, BadInput: its file is not there, or wrong. Misconfigured: its state cannot be opened.
    """
    openers = {
        "native": _open_native,
        "ocpi": _open_ocpi,
        "ocpp": _open_ocpp,
        "chargepoint": _open_chargepoint,
    }
    return openers[settings.network](settings, clock)


def _open_native(settings: Settings, _clock: DomainClock) -> OpenedNetwork:
    from readyby.exchange.native import NativeAdapter

    return OpenedNetwork(adapter=NativeAdapter(settings.vendor_url, secret(settings, "vendor_key")))


def _open_ocpi(settings: Settings, clock: DomainClock) -> OpenedNetwork:
    from readyby.exchange.ocpi.hosting import host, open_partner

    adapter = open_partner(settings.state_dir, network_name(settings), clock, (_site(settings),))
    return OpenedNetwork(adapter=adapter, host=lambda app: host(app, adapter))


def _open_ocpp(settings: Settings, clock: DomainClock) -> OpenedNetwork:
    from readyby.exchange.ocpp.adapter import OcppAdapter
    from readyby.exchange.ocpp.settings import OcppSettings

    stations = read_network_file(settings.state_dir, network_name(settings), OcppSettings)
    folder = settings.state_dir / FOLDER
    adapter = OcppAdapter(
        stations, clock, folder=folder, sites=(_site(settings),), count_from=_seconds_since(COUNTED_SINCE)
    )
    return OpenedNetwork(adapter=adapter)


def _open_chargepoint(settings: Settings, clock: DomainClock) -> OpenedNetwork:
    from readyby.exchange.chargepoint.hosting import open_account

    adapter = open_account(settings.state_dir, network_name(settings), clock, (_site(settings),))
    return OpenedNetwork(adapter=adapter)


def _seconds_since(at: datetime) -> int:
    return max(int((SystemClock().now() - at).total_seconds()), 0)


def _site(settings: Settings) -> Site:
    return load_site(settings.data_dir, settings.site_id)
