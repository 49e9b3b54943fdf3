"""Headers that every answer of the public app carries; no answer goes without."""

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from readyby.web.http import header_values
from readyby.web.page import CONTENT_SECURITY_POLICY

_ALWAYS: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STREAMLIT_SOURCES: Final = {
    "default-src": "'self'",
    "script-src": "'self' blob:",  # the form's own script reaches the page as a blob
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' ws: wss:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "form-action": "'self'",
    "base-uri": "'self'",
    "frame-ancestors": "'none'",
}
_STREAMLIT_POLICY: Final = "; ".join(f"{name} {sources}" for name, sources in _STREAMLIT_SOURCES.items())
_OWN: Final = ("/c/", "/s/", "/join", "/sms/", "/healthz")
_CACHED: Final = "/static/"


class SecurityHeaders:
    """ASGI middleware: pages of our own get the strict policy, Streamlit's the one it can live with."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = self._headers(scope["path"])
        names = {name for name, _ in headers}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].lower() not in names]
                message["headers"] = [*kept, *headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _headers(self, path: str) -> list[tuple[bytes, bytes]]:
        own = path.startswith(_OWN)
        chosen: Mapping[str, str] = {
            **_ALWAYS,
            "Content-Security-Policy": CONTENT_SECURITY_POLICY if own else _STREAMLIT_POLICY,
            **({} if path.startswith(_CACHED) else {"Cache-Control": "no-store"}),
            **({"Strict-Transport-Security": "max-age=31536000"} if self._https else {}),
        }
        return header_values(chosen)
