"""The websocket door for stations: security profiles 1 (password) and 2 (password and TLS)."""

import base64
import binascii
import hashlib
import hmac
import logging
import ssl
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from readyby.errors import Misconfigured
from readyby.exchange.ocpp.settings import OcppSettings

PATH: Final = "/ocpp/"
SUBPROTOCOL: Final = Subprotocol("ocpp1.6")
_QUIET: Final = logging.getLogger("readyby.exchange.ocpp.wire")
_QUIET.setLevel(logging.CRITICAL)


def station_of(path: str) -> str:
    """The station that an address names; empty where it names none."""
    bare = path.split("?", 1)[0]
    return unquote(bare.removeprefix(PATH)) if bare.startswith(PATH) else ""


def password_digest(password: str) -> str:
    """What is kept of a station's password: it is long and random, so a plain digest is enough."""
    return hashlib.sha256(password.encode()).hexdigest()


def is_welcome(settings: OcppSettings, path: str, authorization: str | None) -> bool:
    """Whether a station may connect: it is known, and shows its password."""
    name = station_of(path)
    station = settings.stations.get(name)
    if station is None:
        return False
    if not station.password_sha256:
        return settings.without_passwords
    kind, _, told = (authorization or "").partition(" ")
    try:
        user, _, password = base64.b64decode(told, validate=True).decode("utf-8", "replace").partition(":")
    except (binascii.Error, ValueError):
        return False
    good = hmac.compare_digest(password_digest(password), station.password_sha256)
    return good and kind.casefold() == "basic" and user == name


async def open_door(
    settings: OcppSettings, serve_station: Callable[[ServerConnection], Awaitable[None]]
) -> Server:
    """Listen for stations.

    Raises:
        Misconfigured: the address is taken, or the certificate cannot be read; names which.
    """

    def check(connection: ServerConnection, request: Request) -> Response | None:
        if is_welcome(settings, request.path, request.headers.get("Authorization")):
            return None
        response = connection.respond(HTTPStatus.UNAUTHORIZED, "who are you?\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="ocpp"'
        return response

    try:
        return await serve(
            serve_station,
            settings.host,
            settings.port,
            ssl=_tls(settings),
            subprotocols=[SUBPROTOCOL],
            process_request=check,
            max_size=settings.max_message_bytes,
            max_queue=16,
            compression=None,
            ping_interval=30,
            ping_timeout=30,
            open_timeout=10,
            server_header=None,
            logger=_QUIET,
        )
    except OSError as error:
        raise Misconfigured(
            f"ocpp: {settings.host}:{settings.port} cannot be listened on: {error}: set another port"
        ) from None


def _tls(settings: OcppSettings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"tls_certificate, tls_key: {error}: give a chain and its key as PEM") from None
    return context
