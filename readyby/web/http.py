"""Small things of HTTP that the public routes share."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from readyby.words import LANGUAGES, spoken_language

LANGUAGE_COOKIE: Final = "rb_lang"
MAX_BODY_BYTES: Final = 8192
MAX_FIELDS: Final = 64
_YEAR_S: Final = 365 * 24 * 3600


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form; the first where one is repeated.

    Raises:
        HTTPException: 413 where it is larger than any honest one, 400 where it is not a form in UTF-8.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, "form too large")
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="strict",
            strict_parsing=bool(body),
        )
    except ValueError as error:
        raise HTTPException(400, "not a form") from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def chosen_language(request: Request, otherwise: str) -> str:
    """The language that the page's visitor chose here or before, else the given one."""
    for choice in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if choice in LANGUAGES:
            return choice
    return spoken_language(otherwise)


def browser_language(request: Request) -> str:
    """The language of a visitor of whom nothing is known."""
    first = request.headers.get("accept-language", "en").split(",")[0]
    return chosen_language(request, first.split(";")[0].strip())


def html(text: str, status_code: int = 200) -> HTMLResponse:
    return HTMLResponse(text, status_code=status_code)


def keep_language(request: Request, response: Response, *, secure: bool) -> Response:
    """Remember a language that was just chosen; kept in the visitor's browser only."""
    choice = request.query_params.get("lang")
    if choice in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, choice, max_age=_YEAR_S, httponly=True, samesite="lax", secure=secure
        )
    return response


def header_values(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
