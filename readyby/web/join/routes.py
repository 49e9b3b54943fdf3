"""The enrollment page over HTTP: each step a form that is posted, none of them needs a script.

No address names a person. A form carries a ticket that only the browser it was shown in can use, so that no
other site can make visitors' browsers ask for codes.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from itsdangerous import BadData, TimestampSigner
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from readyby import words
from readyby.errors import BadInput, NotFound, Transient
from readyby.model import Site
from readyby.secrets_file import secret
from readyby.settings import Settings
from readyby.store.api import JoinState, JoinStep
from readyby.web.http import browser_language, html, keep_language, read_form
from readyby.web.join.consent import CONSENT_VERSION, consent_text
from readyby.web.join.desk import JoinDesk
from readyby.web.join.forms import (
    JoinForm,
    read_code,
    read_join,
    read_language,
    read_phone,
    returned,
    shown_phone,
)
from readyby.web.page import PageMaker
from readyby.web.rates import Rates
from readyby.web.texts import translator
from readyby.web.trouble import too_often, unreachable

PATH: Final = "/join"
COOKIE: Final = "rb_join"
FORM_LIFE_S: Final = 3600
log = structlog.get_logger()


def join_path(place: str) -> str:
    """The page of an EVSE, or with an empty place of the site."""
    return f"{PATH}/{quote(place, safe='')}" if place else PATH


def join_url(settings: Settings, place: str) -> str:
    """The address behind the code on a station: it names the place and nobody."""
    return settings.public_url.rstrip("/") + join_path(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request to the page of a place."""

    request: Request
    site: Site
    place: str
    language: str
    nonce: str

    @property
    def evse_ids(self) -> tuple[str, ...]:
        return tuple(evse.evse_id for evse in self.site.evses if evse.controlled)


@dataclass(frozen=True, slots=True)
class JoinPages:
    """The routes of the enrollment page."""

    join: JoinDesk
    pages: PageMaker
    rates: Rates = field(default_factory=Rates)

    def routes(self) -> list[Route]:
        return [
            Route(path, endpoint, methods=[method])
            for path in (PATH, PATH + "/{place:path}")
            for method, endpoint in (("GET", self.show), ("POST", self.take))
        ]

    async def show(self, request: Request) -> Response:
        """The empty form."""
        try:
            visit = await run_in_threadpool(self._visit, request, browser_language(request))
        except NotFound:
            return self._not_found(request)
        except Transient as error:
            return self._away(request, error)
        response = self._ask(visit, JoinForm(evse_id=visit.place))
        self._keep_nonce(response, visit)
        return keep_language(request, response, secure=self._secure)

    async def take(self, request: Request) -> Response:
        """One step further; whatever is known of a phone, the answer is the same."""
        fields = await read_form(request)
        if not self.rates.may_knock(request):
            return too_often(self.pages, request)
        try:
            language = read_language(fields, browser_language(request))
            visit = await run_in_threadpool(self._visit, request, language)
            key = self._join_key(visit, fields.get("ticket", ""))
            if key is None:
                return self._stale(visit)
            return await self._step(visit, key, fields)
        except NotFound:
            return self._not_found(request)
        except Transient as error:
            return self._away(request, error)

    @property
    def _secure(self) -> bool:
        return self.join.desk.settings.public_url.startswith("https:")

    def _visit(self, request: Request, language: str) -> Visit:
        """The place that is asked for. Raises NotFound where there is none, or nobody enrolls at stations."""
        if not self.join.desk.settings.most_codes_a_site:
            raise NotFound("join: no codes are sent here")
        site, place = self.join.site(), request.path_params.get("place", "")
        if place and place not in {evse.evse_id for evse in site.evses}:
            raise NotFound("place: no such EVSE")
        nonce = request.cookies.get(COOKIE, "") or secrets.token_urlsafe(16)
        return Visit(request=request, site=site, place=place, language=language, nonce=nonce)

    async def _step(self, visit: Visit, key: str, fields: Mapping[str, str]) -> Response:
        step = fields.get("step", "")
        if step == "ask":
            return await self._begin(visit, key, fields)
        try:
            phone = read_phone(fields.get("phone", ""))
        except BadInput:
            return self._stale(visit)
        done = await run_in_threadpool(self._done, step, key, phone, fields)
        if done is None:
            return self._stale(visit)
        if done.state is not JoinState.UNCONFIRMED:
            return self._after(visit, fields["ticket"], phone, done, asked_again=step == "start")
        confirms = step in ("code", "replied")
        return self._code(visit, fields["ticket"], phone, wrong=True) if confirms else self._stale(visit)

    def _done(self, step: str, key: str, phone: str, fields: Mapping[str, str]) -> JoinStep | None:
        """What a step came to; None for a step that there is not."""
        if step == "code":
            return self.join.confirm(key, phone, read_code(fields.get("code", "")))
        if step == "mine":
            return self.join.go_on(key, phone, fields.get("session_id", "")[:128])
        return self.join.go_on(key, phone) if step in ("replied", "start") else None

    async def _begin(self, visit: Visit, key: str, fields: Mapping[str, str]) -> Response:
        try:
            wish = read_join(fields, visit.site, visit.place, self.join.desk.settings.countries)
        except BadInput as error:
            return self._ask(visit, returned(fields), error)
        if not self.rates.may_join(visit.request):
            return too_often(self.pages, visit.request)
        await self.join.begin(key, wish, visit.site, visit.place, visit.language)
        return self._code(visit, fields["ticket"], wish.phone)

    # --- pages --------------------------------------------------------------------------------------------

    def _ask(self, visit: Visit, form: JoinForm, error: BadInput | None = None) -> Response:
        _ = translator(visit.language)
        told = _("Please check: {remedy}.").format(remedy=_(error.remedy)) if error else ""
        page = self._page(
            visit,
            "ask",
            self._signer(visit).sign(secrets.token_urlsafe(16)).decode(),
            form=form,
            error=told,
            error_field=error.field if error else "",
            consent_version=CONSENT_VERSION,
            consent=consent_text(self.pages.brand, visit.site.name, visit.language),
            evse_ids=() if visit.place else visit.evse_ids,
        )
        return html(page, 422 if error else 200)

    def _code(self, visit: Visit, ticket: str, phone: str, *, wrong: bool = False) -> Response:
        page = self._page(visit, "code", ticket, phone=phone, shown=shown_phone(phone), wrong=wrong)
        return html(page, 422 if wrong else 200)

    def _after(self, visit: Visit, ticket: str, phone: str, done: JoinStep, *, asked_again: bool) -> Response:
        """The page of a step that is behind the code."""
        if done.state is JoinState.DONE:
            return html(self._page(visit, "done", ""))
        zone = ZoneInfo(visit.site.time_zone)
        started = words.when(done.started_at, zone, visit.language) if done.started_at else ""
        page = self._page(
            visit,
            "seen" if done.state is JoinState.SEEN else "start",
            ticket,
            phone=phone,
            session_id=done.session_id or "",
            started=started,
            asked_again=asked_again,
        )
        return html(page)

    def _page(self, visit: Visit, step: str, ticket: str, **values: object) -> str:
        return self.pages.join_page(
            visit.language,
            step=step,
            ticket=ticket,
            path=join_path(visit.place),
            place=visit.place,
            site=visit.site.name,
            **values,
        )

    def _stale(self, visit: Visit) -> Response:
        _ = translator(visit.language)
        text = _(
            "This form is too old, or your browser keeps no cookies. Nothing was saved; please begin again."
        )
        title, again = _("Please begin again"), join_path(visit.place)
        return html(self.pages.message(visit.language, title, text, again), 403)

    def _not_found(self, request: Request) -> Response:
        language = browser_language(request)
        _ = translator(language)
        text = _(
            "Nobody can join at this address. Please scan the code on the station again, "
            "or ask the site's operator."
        )
        return html(self.pages.message(language, _("Not found"), text), 404)

    def _away(self, request: Request, error: Transient) -> Response:
        log.warning("enrollment page without store", error=type(error).__name__)
        return unreachable(self.pages, request)

    # --- tickets ------------------------------------------------------------------------------------------

    def _signer(self, visit: Visit) -> TimestampSigner:
        return TimestampSigner(secret(self.join.desk.settings, "cookie_secret"), salt=f"join:{visit.nonce}")

    def _join_key(self, visit: Visit, ticket: str) -> str | None:
        """What names this joining, if the form was shown in this very browser within the hour."""
        try:
            return self._signer(visit).unsign(ticket, max_age=FORM_LIFE_S).decode()
        except BadData:
            return None

    def _keep_nonce(self, response: Response, visit: Visit) -> None:
        response.set_cookie(
            COOKIE,
            visit.nonce,
            max_age=FORM_LIFE_S,
            path=PATH,
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )
