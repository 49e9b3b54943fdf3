"""A phone's browser, as far as a form needs one: it opens a link, follows it, reads the form and sends it."""

from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import httpx

from readyby.errors import BadInput, Transient
from readyby.phones.manner import Ask

DEADLINE_S = 15.0
KEEPALIVE_S = 2.0
"""Shorter than servers keep a quiet connection open, so that a form is never sent into a closed one."""
USER_AGENT = "Mozilla/5.0 (Linux; Android 10; K) ReadyBy-simulated-phone"


@dataclass(slots=True)
class Form:
    """A form as a browser sees it: its address, the values of its fields, the choices of its selects."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that was opened: where, its form if it has one, and what its banner says.

    `choice` where it asks whether to save a wish that falls short.
    """

    url: str
    status: int
    form: Form | None
    saved: bool
    error: str
    choice: bool = False


class _Reader(HTMLParser):
    """Finds the first form that is posted, and banners."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self.banner: dict[str, str] = {}
        self.choice = False
        self._select = ""
        self._banner = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        if tag == "form" and self.form is None and values.get("method", "").lower() == "post":
            self.form = Form(action=values.get("action", ""))
        self.choice = self.choice or "choice" in classes
        if "banner" in classes:
            self._banner = "saved" if "saved" in classes else "error"
            self.banner[self._banner] = ""
        if self.form is None:
            return
        if tag == "input" and "name" in values:
            self.form.fields[values["name"]] = values.get("value", "")
        if tag == "select":
            self._select = values.get("name", "")
            self.form.choices[self._select] = []
        if tag == "option" and self._select:
            self._read_option(self.form, values)

    def _read_option(self, form: Form, values: dict[str, str]) -> None:
        form.choices[self._select].append(values.get("value", ""))
        if "selected" in values or self._select not in form.fields:
            form.fields[self._select] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "p":
            self._banner = ""

    def handle_data(self, data: str) -> None:
        if self._banner:
            self.banner[self._banner] += data.strip()


class PhoneBrowser:
    """One phone's browser with its cookies."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            follow_redirects=True,
            timeout=DEADLINE_S,
            limits=httpx.Limits(keepalive_expiry=KEEPALIVE_S),
            transport=transport,
            headers={"User-Agent": USER_AGENT, "Accept": "text/html"},
        )

    async def open(self, url: str) -> Page:
        """Open an address. Raises Transient where nothing answers, or 503."""
        return await self._send(self._http.build_request("GET", url))

    async def submit(self, page: Page, values: dict[str, str]) -> Page:
        """Send the page's form with some values filled in, as a press of Save does.

        Raises:
            BadInput: the page has no form, or not such a field or choice.
            Transient: nothing answers, or 503.
        """
        if page.form is None:
            raise BadInput("form", page.url, "the page has none")
        for name, value in values.items():
            if name in page.form.choices and value not in page.form.choices[name]:
                raise BadInput(name, value, f"the page offers {page.form.choices[name]}")
            if name not in page.form.fields and name != "action":
                raise BadInput(name, value, "the page has no such field")
        url = httpx.URL(page.url).join(page.form.action)
        return await self._send(self._http.build_request("POST", url, data={**page.form.fields, **values}))

    async def post(self, url: str, values: dict[str, str]) -> httpx.Response:
        """Send form fields and stop at the first answer, redirect or not."""
        return await self._http.post(url, data=values, follow_redirects=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(self, request: httpx.Request) -> Page:
        try:
            response = await self._http.send(request)
        except httpx.HTTPError as error:
            raise Transient(f"driver app: no answer ({type(error).__name__})") from error
        if response.status_code == 503:
            raise Transient("driver app: 503")
        reader = _Reader()
        reader.feed(response.text)
        return Page(
            url=str(response.url),
            status=response.status_code,
            form=reader.form,
            saved="saved" in reader.banner,
            error=reader.banner.get("error", ""),
            choice=reader.choice,
        )


def filled(ask: Ask, zone: ZoneInfo) -> dict[str, str]:
    """The fields of the request form for what a driver asks."""
    local: datetime = ask.departure_at.astimezone(zone)
    return {
        "departure_day": local.date().isoformat(),
        "departure_time": f"{local:%H:%M}",
        "amount": f"{ask.amount:g}",
        "unit": ask.unit,
        "action": "save",
    }
