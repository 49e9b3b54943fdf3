"""The environment in which every Prefect part of this installation lives, apart from the user's own."""

import os
from collections.abc import Mapping

from readyby.settings import Settings

_KEPT = ("PREFECT_API_AUTH_STRING", "PREFECT_API_KEY", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY")


def prefect_environment(settings: Settings, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """`base` (default: this process's environment) with all that Prefect reads set for this installation.

    A user's own profile, home and server are out of reach: their PREFECT_* variables are dropped, except
    the credentials where the operator named another server's API on purpose.
    """
    base = os.environ if base is None else base
    keeps = _KEPT if settings.prefect_api_url else ()
    home = settings.prefect_home.absolute()
    return {
        **{name: value for name, value in base.items() if not name.startswith("PREFECT_") or name in keeps},
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_API_URL": settings.prefect_api,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(settings.prefect_port),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86_400),
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_API_REQUEST_TIMEOUT": "10",
        "PREFECT_WORKER_QUERY_SECONDS": "5",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }


def enter_prefect_environment(settings: Settings) -> None:
    """Make this process live there; before the first import of Prefect."""
    wanted = prefect_environment(settings)
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    os.environ.update(wanted)
    settings.prefect_home.mkdir(parents=True, exist_ok=True)
