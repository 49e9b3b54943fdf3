"""All checks, in the order in which their remedies make sense."""

from readyby.doctor import machine, outage, running
from readyby.doctor.findings import Check, Finding, look
from readyby.settings import Settings

CHECKS: dict[str, Check] = {
    "python": machine.check_python,
    "packages": machine.check_packages,
    "settings": machine.check_settings,
    "state_dir": machine.check_state_dir,
    "secrets": machine.check_secrets,
    "disk": machine.check_disk,
    "ports": machine.check_ports,
    "data": machine.check_data,
    "messages": machine.check_messages,
    "browser": machine.check_browser,
    "store": running.check_store,
    "exchange": running.check_exchange,
    "feed": running.check_feed,
    "sending": running.check_sending,
    "prefect": running.check_prefect,
    "scheduled_runs": running.check_scheduled_runs,
    "worker": running.check_worker,
    "sqlite_immediate": running.check_immediate,
    "limit_safety": outage.check_limit_safety,
}


def examine(settings: Settings) -> tuple[Finding, ...]:
    """One finding a check."""
    return tuple(look(name, check, settings) for name, check in CHECKS.items())
