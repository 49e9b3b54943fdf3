"""Loopback ports for the demo: those that the settings give must be free, others move out of the way.

A part may start to listen long after its port was chosen, so a chosen port is claimed among demos of this
machine by a lock that the kernel drops when this process ends.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psutil

from readyby.errors import Misconfigured
from readyby.settings import Settings

FIELDS = {
    "exchange": "exchange_port",
    "world": "world_port",
    "driver": "driver_port",
    "monitor": "monitor_port",
    "prefect": "prefect_port",
}
"""Part -> the setting that names its port."""
_claims: dict[int, IO[str]] = {}


def choose_ports(settings: Settings, before: Mapping[str, int]) -> dict[str, int]:
    """A free port for each part: as set; else as `before` (links sent out name it); else default; else any.

    Raises:
        Misconfigured: a port that was set on purpose is taken; names the setting and who holds it.
    """
    chosen: dict[str, int] = {}
    for part, field in FIELDS.items():
        wanted = getattr(settings, field)
        if field in settings.model_fields_set:
            if not take(wanted):
                user = holder(wanted) or " or claimed by another demo"
                raise Misconfigured(
                    f"READYBY_{field.upper()}: port {wanted} is in use{user}; "
                    "stop that program, or set another port"
                )
            chosen[part] = wanted
            continue
        offers = [port for port in (before.get(part), wanted) if port is not None]
        chosen[part] = next((port for port in offers if take(port)), None) or any_free_port()
    return chosen


def take(port: int) -> bool:
    """Claim a port for this process, if it is free and no other demo has claimed it."""
    return is_free(port) and (port in _claims or _claim(port))


def _claim(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"readyby-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = (folder / str(port)).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    _claims[port] = lock
    return True


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """A port that nobody listens on at this moment, claimed."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if take(port):
            return port


def holder(port: int) -> str:
    """`` by NAME (process PID)`` of the program that listens on a port, as far as the system tells."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.pid and getattr(connection.laddr, "port", None) == port:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""
