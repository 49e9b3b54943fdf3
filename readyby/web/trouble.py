"""Pages that say why nothing happened; they say the same whoever asks."""

from starlette.requests import Request
from starlette.responses import Response

from readyby.web.http import browser_language, html
from readyby.web.page import PageMaker
from readyby.web.texts import translator

_COMES_BACK = ("/s/", "/join")
"""Pages that can be opened again by their own address."""


def too_often(pages: PageMaker, request: Request) -> Response:
    """429: somebody knocks more often than people do."""
    language = browser_language(request)
    _ = translator(language)
    text = _("That was too often. Nothing was saved just now; please wait a minute.")
    page = html(pages.message(language, _("One moment, please"), text), 429)
    page.headers["Retry-After"] = "60"
    return page


def unreachable(pages: PageMaker, request: Request) -> Response:
    """503: the store does not answer."""
    language = browser_language(request)
    _ = translator(language)
    text = _(
        "The charging system cannot be reached, so nothing was saved just now. "
        "Your car goes on charging as planned."
    )
    again = ""
    if request.url.path.startswith(_COMES_BACK):
        again = request.url.path
    elif request.url.path == "/":
        again = f"/?{request.url.query}"
    page = html(pages.message(language, _("One moment, please"), text, again), 503)
    page.headers["Retry-After"] = "10"
    return page
