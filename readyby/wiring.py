"""Which adapters this process works with: the only place that names concrete ones for acts and flows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from readyby.clocks import DomainClock
from readyby.exchange_client import ExchangeClient
from readyby.planning.outcome import PlanOutcome
from readyby.settings import Settings
from readyby.sms.api import Messenger
from readyby.store.api import SituationData, Store
from readyby.tariff import GridTariff

Planner = Callable[[SituationData, GridTariff, bool], Awaitable[PlanOutcome]]
"""The plan of a situation under a tariff; the flag asks for a quick one."""


async def plan_here(situation: SituationData, tariff: GridTariff, quick: bool = False) -> PlanOutcome:
    """Plan in a thread of this process."""
    from readyby.planning.facade import plan_site

    return await asyncio.to_thread(plan_site, situation, tariff, quick=quick)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """Every contact with the world that an act may need."""

    store: Store
    exchange: ExchangeClient
    messenger: Messenger
    clock: DomainClock
    settings: Settings
    planner: Planner = plan_here


_current: Adapters | None = None


def use(adapters: Adapters | None) -> None:
    """From now on acts in this process work with these adapters."""
    global _current  # noqa: PLW0603 - one process, one wiring, set once at its start
    _current = adapters


def current() -> Adapters:
    """The adapters of this process; a process that was not wired by hand is wired from its settings."""
    if _current is None:
        use(from_settings(Settings()))
    assert _current is not None
    return _current


def from_settings(settings: Settings) -> Adapters:
    """Adapters of a process beside core: it reaches the store through core's socket."""
    from readyby.clock_source import domain_clock
    from readyby.exchange_client import HttpExchange
    from readyby.secrets_file import secret
    from readyby.sms import messenger
    from readyby.store.client import StoreClient

    return Adapters(
        store=StoreClient(settings.socket_path),
        exchange=HttpExchange(settings.exchange_url, secret(settings, "exchange_token")),
        messenger=messenger(settings),
        clock=domain_clock(settings),
        settings=settings,
    )
