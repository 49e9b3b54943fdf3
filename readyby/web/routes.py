"""The plain pages over HTTP: open a link, look, ask. No URL names a person, and no GET changes a thing.

What cannot be looked up is refused, never guessed (I-32).
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from readyby import links
from readyby.errors import BadInput, Conflict, NotFound, Transient
from readyby.model import Channel, RequestId, SessionRef
from readyby.store.api import DriverStatus, LinkTarget
from readyby.web.driver import DriverDesk, Wish
from readyby.web.foresight import foresee, needs_a_look
from readyby.web.forms import RequestForm, fresh_form, offered_days, read_request_id, read_wish, returned_form
from readyby.web.http import browser_language, chosen_language, html, keep_language, read_form
from readyby.web.page import Choice, PageMaker, PageNote, again_text, choice_of, error_text
from readyby.web.rates import Rates
from readyby.web.texts import translator
from readyby.web.trouble import too_often, unreachable
from readyby.web.view import Phase, phase_of

COOKIE_S: Final = 3 * 24 * 3600
log = structlog.get_logger()


def new_request_id() -> RequestId:
    """An id that a browser keeps in its form: a double tap is then one request (I-11)."""
    return RequestId(secrets.token_urlsafe(16))


@dataclass(frozen=True, slots=True)
class PlainPages:
    """The routes of the plain page over one desk; store work runs in worker threads."""

    desk: DriverDesk
    pages: PageMaker
    new_id: Callable[[], RequestId] = new_request_id
    rates: Rates = field(default_factory=Rates)

    def routes(self) -> list[Route]:
        return [
            Route("/c/{key}", self.open_link, methods=["GET"]),
            Route("/s/{session_ref}", self.show, methods=["GET"]),
            Route("/s/{session_ref}", self.submit, methods=["POST"]),
            Route("/s/{session_ref}/status", self.show_status, methods=["GET"]),
            Route("/healthz", self.health, methods=["GET"]),
        ]

    async def open_link(self, request: Request) -> Response:
        """From the message to the page's clean address: the key moves into a cookie (D6)."""
        key = request.path_params["key"]

        def find() -> Response:
            target = self.desk.open_link(key)
            return self._to_page(target.session_ref, key) if target.open else self.ended(request, target)

        return await self.answer(request, find)

    async def show(self, request: Request) -> Response:
        """The page as things stand."""

        def read() -> Response:
            target = self.admit(request, request.path_params["session_ref"])
            if not target.open:
                return self.ended(request, target)
            page = self._page(request, target, PageNote(saved="saved" in request.query_params))
            return keep_language(request, page, secure=self.secure)

        return await self.answer(request, read)

    async def show_status(self, request: Request) -> Response:
        """The part that changes, for a page that is open."""

        def read() -> Response:
            target = self.admit(request, request.path_params["session_ref"])
            if not target.open:
                return self.ended(request, target)
            status = self.desk.read(target.session_ref)
            language = chosen_language(request, target.language)
            return html(self.pages.status_part(status, self.desk.clock.now(), language))

        return await self.answer(request, read)

    async def submit(self, request: Request) -> Response:
        """Judge and store what the form asks for; then back to the page: reloading repeats nothing."""
        fields = await read_form(request)

        def store() -> Response:
            target = self.admit(request, request.path_params["session_ref"])
            if not self.rates.may_post(target.session_ref):
                return too_often(self.pages, request)
            return self._store(request, target, fields) if target.open else self.ended(request, target)

        return await self.answer(request, store)

    async def health(self, _request: Request) -> Response:
        """Alive. What the app depends on has its own health."""
        return PlainTextResponse("ok")

    @property
    def secure(self) -> bool:
        return self.desk.settings.public_url.startswith("https:")

    async def answer(self, request: Request, work: Callable[[], Response]) -> Response:
        """Run store work; whatever is not found looks the same and takes the same way (I-28)."""
        if not self.rates.may_try(request):
            return too_often(self.pages, request)
        try:
            return await run_in_threadpool(work)
        except NotFound:
            self.rates.missed(request)
            return self._not_found(request)
        except Transient as error:
            log.warning("driver page without store", error=type(error).__name__)
            return unreachable(self.pages, request)

    def admit(self, request: Request, session_ref: str) -> LinkTarget:
        """The session, to a browser that holds its key. Raises NotFound for any other pair (I-28)."""
        name = links.cookie_name(SessionRef(session_ref))
        return self.desk.admit(session_ref, request.cookies.get(name, ""))

    def _store(self, request: Request, target: LinkTarget, fields: Mapping[str, str]) -> Response:
        try:
            wish = self._remembered(target, fields) or read_wish(fields, ZoneInfo(target.time_zone))
            looks = fields.get("action", "save") in ("save", "again")
            choice = self._choice(request, target, wish) if looks else None
            if choice is not None:
                return self._page(request, target, PageNote(choice=choice), fields)
            self.desk.submit_by_link(target, wish, read_request_id(fields), Channel.PAGE)
        except BadInput as error:
            text, field = error_text(error, chosen_language(request, target.language))
            return self._page(request, target, PageNote(error=text, error_field=field), fields, 422)
        except Conflict:
            _ = translator(chosen_language(request, target.language))
            text = _("This form was sent before with other values. Please check it and save again.")
            return self._page(request, target, PageNote(error=text), fields, 409)
        return RedirectResponse(f"{links.page_path(target.session_ref)}?saved=1", status_code=303)

    def _remembered(self, target: LinkTarget, fields: Mapping[str, str]) -> Wish | None:
        """What Undo and "same as last time" stand for; None for the other buttons."""
        action = fields.get("action", "save")
        if action not in ("undo", "again"):
            return None
        status = self.desk.read(target.session_ref)
        wish = self.desk.wish_before(status) if action == "undo" else self.desk.same_again(status)
        if wish is None:
            raise BadInput("action", action, "say when you leave and how much you need")
        return wish

    def _choice(self, request: Request, target: LinkTarget, wish: Wish) -> Choice | None:
        """A wish that falls short, told before it is saved; None for one that can be met, or is no need."""
        if not needs_a_look(wish, target.wh_per_mi, self.desk.clock.now()):
            return None
        status = self.desk.read(target.session_ref)
        outlook = foresee(self.desk, status, wish)
        language = chosen_language(request, target.language)
        return None if outlook.met else choice_of(outlook, wish, status, language)

    def _page(
        self,
        request: Request,
        target: LinkTarget,
        note: PageNote,
        fields: Mapping[str, str] | None = None,
        status_code: int = 200,
    ) -> Response:
        status = self.desk.read(target.session_ref)
        language, now = chosen_language(request, target.language), self.desk.clock.now()
        if phase_of(status) is Phase.ENDED:
            return html(self.pages.driver_page(status, now, language, None, PageNote()), status_code)
        form = self._form(status, language, fields)
        if status.last_request is None and fields is None:
            last = self.desk.same_again(status)
            note = replace(note, again=again_text(last, status, language) if last else "")
        return html(self.pages.driver_page(status, now, language, form, note), status_code)

    def _form(self, status: DriverStatus, language: str, fields: Mapping[str, str] | None) -> RequestForm:
        now, zone = self.desk.clock.now(), ZoneInfo(status.site.time_zone)
        days = offered_days(now, zone, language, translator(language))
        if fields is None:
            return fresh_form(status, now, self.new_id(), days)
        return returned_form(fields, self.new_id(), days)

    def _to_page(self, session_ref: SessionRef, key: str) -> Response:
        response = RedirectResponse(links.page_path(session_ref), status_code=303)
        response.set_cookie(
            links.cookie_name(session_ref),
            key,
            max_age=COOKIE_S,
            httponly=True,
            samesite="lax",
            secure=self.secure,
        )
        return response

    def ended(self, request: Request, target: LinkTarget) -> Response:
        """What a key says once its session is over, and nothing more."""
        language = chosen_language(request, target.language)
        _ = translator(language)
        title = _("This session has ended")
        text = _("Your car is unplugged. The next time you plug in, a new text message brings a new link.")
        return html(self.pages.message(language, title, text), 410)

    def _not_found(self, request: Request) -> Response:
        language = browser_language(request)
        _ = translator(language)
        text = _("This link opens nothing. Please use the one in your newest text message.")
        return html(self.pages.message(language, _("Not found"), text), 404)
