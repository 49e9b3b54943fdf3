"""The plain pages over HTTP, on the real store: links, cookies, forms, and what strangers see."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware

from readyby import links
from readyby.errors import Unreachable
from readyby.model import RequestKind
from readyby.store.api import Command, Query
from readyby.web.driver import DriverDesk
from readyby.web.page import PageMaker
from readyby.web.routes import PlainPages
from readyby.web.security import SecurityHeaders
from tests.support.asgi import AsgiClient
from tests.support.drivers import BO, DriverWorld

R = TypeVar("R")
MAX_PAGE_BYTES = 20_000
FORM = {
    "departure_day": "2019-07-24",
    "departure_time": "17:30",
    "amount": "40",
    "unit": "mi",
    "action": "save",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path)
    yield made
    made.close()


def client_of(desk: DriverDesk, world: DriverWorld, https: bool = False) -> AsgiClient:
    pages = PlainPages(desk, PageMaker("ReadyBy", world.prices))
    app = Starlette(routes=pages.routes(), middleware=[Middleware(SecurityHeaders, https=https)])
    return AsgiClient(app)


@pytest.fixture
def client(world: DriverWorld) -> AsgiClient:
    return client_of(world.desk, world)


@pytest.fixture
def key(world: DriverWorld) -> str:
    return world.plug_in(1)


@pytest.fixture
def page(client: AsgiClient, key: str) -> str:
    """The path of the page, its cookie in the client."""
    return str(client.get(f"/c/{key}").headers["location"])


def hidden_id(response: httpx.Response) -> str:
    found = re.search(r'name="request_id" value="([^"]+)"', response.text)
    assert found
    return found[1]


def submit(client: AsgiClient, page: str, **changes: str) -> httpx.Response:
    fields = {**FORM, "request_id": hidden_id(client.get(page)), **changes}
    return client.post(page, data=fields)


class TestLinks:
    def test_a_link_moves_its_key_into_a_cookie_and_lands_on_a_clean_address(
        self, world: DriverWorld, client: AsgiClient, key: str
    ) -> None:
        response = client.get(f"/c/{key}")
        assert response.status_code == 303
        assert response.headers["location"] == f"/s/{world.ref(key)}"
        cookie = response.headers["set-cookie"]
        assert cookie.startswith(f"rb_{world.ref(key)}={key};")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie

    def test_over_https_the_cookie_is_secure(self, tmp_path: Path) -> None:
        world = DriverWorld(tmp_path, public_url="https://ev.example")
        response = client_of(world.desk, world).get(f"/c/{world.plug_in(1)}")
        assert "Secure" in response.headers["set-cookie"]
        world.close()

    def test_looking_changes_nothing(self, world: DriverWorld, client: AsgiClient, key: str) -> None:
        for _ in range(3):
            path = client.get(f"/c/{key}").headers["location"]
            client.get(path)
            client.request("HEAD", f"/c/{key}")
        assert world.in_force(key) is None

    @pytest.mark.invariant("I-28")
    @pytest.mark.parametrize("wrong", ["x" * 22, "x", "a" * 500, "%00", "..%2f..", "ключ"])
    def test_a_wrong_key_finds_nothing(self, client: AsgiClient, key: str, wrong: str) -> None:
        response = client.get(f"/c/{wrong}")
        assert response.status_code == 404
        assert "set-cookie" not in response.headers

    @pytest.mark.invariant("I-28")
    def test_nothing_tells_strangers_apart(self, world: DriverWorld, client: AsgiClient, key: str) -> None:
        other = world.plug_in(2, BO)
        stranger = AsgiClient(client._app)
        foreign = AsgiClient(client._app)
        foreign.get(f"/c/{other}")
        foreign.cookies.set(f"rb_{world.ref(key)}", other)
        answers = [
            stranger.get("/c/" + "x" * 22),
            stranger.get("/s/" + "x" * 22),
            stranger.get(f"/s/{world.ref(key)}"),
            foreign.get(f"/s/{world.ref(key)}"),
            foreign.post(f"/s/{world.ref(key)}", data={**FORM, "request_id": "r" * 22}),
            stranger.get(f"/s/{world.ref(key)}/status"),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1
        assert world.in_force(key) is None

    @pytest.mark.invariant("I-28")
    def test_every_door_asks_the_store_once_before_it_refuses(self, world: DriverWorld, key: str) -> None:
        store = Counting(world)
        client = client_of(DriverDesk(store, world.clock, world.settings), world)
        counts = []
        for path in (
            "/c/" + "x" * 22,
            "/s/" + "x" * 22,
            f"/s/{world.ref(key)}",
            f"/s/{world.ref(key)}/status",
        ):
            store.asked = 0
            client.get(path)
            counts.append(store.asked)
        assert counts == [1, 1, 1, 1]

    def test_two_cars_on_one_phone_stay_apart(self, world: DriverWorld, client: AsgiClient, key: str) -> None:
        other = world.plug_in(2)
        first, second = (client.get(f"/c/{k}").headers["location"] for k in (key, other))
        submit(client, first, amount="10")
        submit(client, second, amount="20")
        amounts = [request.distance_mi for k in (key, other) if (request := world.in_force(k))]
        assert amounts == [10.0, 20.0]

    @pytest.mark.invariant("I-28")
    def test_after_the_grace_only_the_end_is_told(
        self, world: DriverWorld, client: AsgiClient, key: str, page: str
    ) -> None:
        world.wait(minutes=60)
        world.unplug(1)
        assert "Unplugged" in client.get(page).text
        assert "<form" not in client.get(page).text
        world.wait(minutes=16)
        for response in (client.get(page), client.get(f"/c/{key}"), submit_blind(client, page)):
            assert response.status_code == 410
            assert "This session has ended" in response.text


def submit_blind(client: AsgiClient, page: str) -> httpx.Response:
    return client.post(page, data={**FORM, "request_id": "r" * 22})


class Counting:
    """The store with a count of questions."""

    def __init__(self, world: DriverWorld) -> None:
        self._store, self.asked = world.store, 0

    def ask(self, query: Query[R]) -> R:
        self.asked += 1
        return self._store.ask(query)

    def do(self, command: Command[R], *, op_id: str | None = None) -> R:
        return self._store.do(command, op_id=op_id)


class TestPage:
    def test_it_is_small_and_loads_nothing_else(
        self, client: AsgiClient, page: str, world: DriverWorld
    ) -> None:
        submit(client, page)
        world.plan()
        response = client.get(page)
        assert len(response.content) <= MAX_PAGE_BYTES
        addresses = re.findall(r'(?:src|href|action|data-src)="([^"]*)"', response.text)
        assert all(not urlsplit(address).netloc for address in addresses)

    def test_it_names_no_person(self, client: AsgiClient, page: str, key: str, world: DriverWorld) -> None:
        text = client.get(page).text
        assert world.phone() not in text
        assert key not in text
        assert "tag-ada" not in text

    def test_it_asks_first(self, client: AsgiClient, page: str) -> None:
        text = client.get(page).text
        assert "When do you leave?</h1>" in text
        assert "Today, Wednesday" in text
        assert "Tomorrow, Thursday" in text

    def test_language_is_chosen_and_remembered(self, client: AsgiClient, page: str) -> None:
        assert "¿Cuándo sale?" in client.get(f"{page}?lang=es").text
        again = client.get(page).text
        assert '<html lang="es">' in again
        assert "Hoy, miércoles" in again
        assert '<html lang="en">' in client.get(f"{page}?lang=xx").text or "es" in again

    def test_the_drivers_own_language_is_first(self, world: DriverWorld, client: AsgiClient) -> None:
        world.speak_spanish(BO)
        path = client.get(f"/c/{world.plug_in(2, BO)}").headers["location"]
        assert '<html lang="es">' in client.get(path).text

    def test_the_status_part_is_served_alone(self, client: AsgiClient, page: str) -> None:
        part = client.get(f"{page}/status").text
        assert part.startswith("<h1 ")
        assert "<form" not in part


class TestRequests:
    def test_a_request_is_stored_and_said_back(
        self, world: DriverWorld, client: AsgiClient, key: str, page: str
    ) -> None:
        response = submit(client, page)
        assert response.status_code == 303
        assert response.headers["location"] == f"{page}?saved=1"
        shown = client.get(response.headers["location"]).text
        assert "Saved: 40 mi (12 kWh) by Wed 5:30 PM." in shown
        assert "Ready by Wednesday 5:30 PM" in shown
        request = world.in_force(key)
        assert request
        assert (request.distance_mi, request.energy_need_kwh) == (40.0, 12.0)

    def test_the_form_comes_back_with_what_is_in_force(self, client: AsgiClient, page: str) -> None:
        submit(client, page, unit="kwh", amount="11,5", departure_time="16:45", departure_day="2019-07-25")
        text = client.get(page).text
        assert 'value="16:45"' in text
        assert 'value="11.5"' in text
        assert '<option value="2019-07-25" selected>' in text
        assert '<option value="kwh" selected>' in text

    @pytest.mark.invariant("I-11")
    def test_a_double_tap_is_one_request(
        self, world: DriverWorld, client: AsgiClient, key: str, page: str
    ) -> None:
        request_id = hidden_id(client.get(page))
        fields = {**FORM, "request_id": request_id}
        first, second = client.post(page, data=fields), client.post(page, data=fields)
        assert first.status_code == second.status_code == 303
        request = world.in_force(key)
        assert request
        assert request.sequence == 1

    def test_the_newest_wins(self, world: DriverWorld, client: AsgiClient, key: str, page: str) -> None:
        submit(client, page)
        submit(client, page, amount="25")
        request = world.in_force(key)
        assert request
        assert request.distance_mi == 25.0

    def test_an_old_form_with_other_values_is_shown_again(
        self, world: DriverWorld, client: AsgiClient, key: str, page: str
    ) -> None:
        request_id = hidden_id(client.get(page))
        client.post(page, data={**FORM, "request_id": request_id})
        response = client.post(page, data={**FORM, "request_id": request_id, "amount": "55"})
        assert response.status_code == 409
        assert 'value="55"' in response.text
        assert hidden_id(response) != request_id
        request = world.in_force(key)
        assert request
        assert request.distance_mi == 40.0

    @pytest.mark.parametrize(
        ("action", "kind"), [("charge_now", RequestKind.CHARGE_NOW), ("release", RequestKind.RELEASE)]
    )
    def test_ways_out_need_no_filled_form(
        self, world: DriverWorld, client: AsgiClient, key: str, page: str, action: str, kind: RequestKind
    ) -> None:
        response = submit(client, page, action=action, amount="", departure_time="")
        assert response.status_code == 303
        request = world.in_force(key)
        assert request
        assert request.kind is kind

    @pytest.mark.invariant("I-14")
    @pytest.mark.parametrize(
        ("changes", "told", "marked"),
        [
            ({"departure_time": "05:00"}, "Departure: give a time that is still to come.", "departure_time"),
            ({"departure_time": "25:99"}, "Departure: enter a time such as 17:30.", "departure_time"),
            ({"departure_time": ""}, "Departure: enter a time such as 17:30.", "departure_time"),
            ({"departure_day": "2019-09-01"}, "within the next 48 hours", "departure_time"),
            ({"departure_day": "soon"}, "Departure: choose one of the days.", "departure_time"),
            ({"amount": "10000"}, "of 600 miles or 200 kWh at most", "amount"),
            ({"amount": "0"}, "write a number above 0", "amount"),
            ({"amount": "-5"}, "write a number above 0", "amount"),
            ({"amount": "nan"}, "write a number above 0", "amount"),
            ({"amount": "1e3"}, "write a number above 0", "amount"),
            ({"amount": "1_000"}, "write a number above 0", "amount"),
            ({"amount": "４０"}, "write a number above 0", "amount"),
            ({"amount": "lots"}, "write a number above 0", "amount"),
            ({"action": "explode"}, "use one of the page", ""),
            ({"request_id": "x"}, "open the page again", ""),
        ],
    )
    def test_a_bad_field_is_named_with_its_remedy(
        self,
        world: DriverWorld,
        client: AsgiClient,
        key: str,
        page: str,
        changes: dict[str, str],
        told: str,
        marked: str,
    ) -> None:
        response = submit(client, page, **changes)
        assert response.status_code == 422
        assert told in response.text.replace("&#39;", "'")
        assert 'role="alert"' in response.text
        if marked:
            assert re.search(rf'name="{marked}"[^>]*aria-invalid="true"', response.text)
        assert world.in_force(key) is None

    def test_what_was_typed_is_shown_escaped(self, client: AsgiClient, page: str) -> None:
        response = submit(client, page, amount="<script>1", departure_time='"><b>')
        assert "<script>1" not in response.text
        assert "<b>" not in response.text

    def test_a_form_without_cookie_does_nothing(
        self, world: DriverWorld, client: AsgiClient, key: str, page: str
    ) -> None:
        client.cookies.clear()
        assert submit_blind(client, page).status_code == 404
        assert world.in_force(key) is None

    @given(
        fields=st.dictionaries(st.sampled_from([*FORM, "request_id", "x"]), st.text(max_size=30), max_size=7)
    )
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_form_breaks_it(self, client: AsgiClient, page: str, fields: dict[str, str]) -> None:
        assert client.post(page, data=fields).status_code in (303, 400, 409, 422)


class TestTrouble:
    @pytest.mark.invariant("I-32")
    def test_without_the_store_nothing_is_pretended(self, world: DriverWorld, key: str) -> None:
        client = client_of(DriverDesk(Away(), world.clock, world.settings), world)
        client.cookies.set(links.cookie_name(world.ref(key)), key)
        for response in (client.get(f"/s/{world.ref(key)}"), submit_blind(client, f"/s/{world.ref(key)}")):
            assert response.status_code == 503
            assert "nothing was saved" in response.text
            assert response.headers["retry-after"] == "10"

    def test_health_needs_no_store(self, world: DriverWorld) -> None:
        client = client_of(DriverDesk(Away(), world.clock, world.settings), world)
        assert client.get("/healthz").text == "ok"


class Away:
    def ask(self, query: Query[R]) -> R:
        raise Unreachable("core is away")

    def do(self, command: Command[R], *, op_id: str | None = None) -> R:
        raise Unreachable("core is away")


class TestHeaders:
    @pytest.mark.parametrize("path", ["/healthz", "/c/" + "x" * 22, "/s/abc", "/nothing"])
    def test_every_answer_is_guarded(self, client: AsgiClient, path: str) -> None:
        headers = client.get(path).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers

    def test_own_pages_allow_only_their_own_style_and_script(self, client: AsgiClient, page: str) -> None:
        policy = client.get(page).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy

    def test_https_is_asked_for_where_it_is_there(self, world: DriverWorld) -> None:
        headers = client_of(world.desk, world, https=True).get("/healthz").headers
        assert headers["strict-transport-security"]
