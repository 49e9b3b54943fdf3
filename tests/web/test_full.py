"""The full page's document: the plain page's doors, the status to read at once, and all that it will load."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from readyby.web.driver import DriverDesk
from readyby.web.full import FullPage
from readyby.web.page import PageMaker
from readyby.web.routes import PlainPages
from readyby.web.security import SecurityHeaders
from readyby.web.shell import Shell
from tests.support.asgi import AsgiClient
from tests.support.drivers import DriverWorld
from tests.web.test_routes import Away

SHELL = Shell(
    script="/static/js/index.1.js", modules=("/static/js/react.2.js",), styles=("/static/css/x.css",)
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path)
    yield made
    made.close()


def client_of(desk: DriverDesk, world: DriverWorld) -> AsgiClient:
    plain = PlainPages(desk, PageMaker("ReadyBy", world.prices))
    routes = [*plain.routes(), *FullPage(plain, SHELL).routes()]
    return AsgiClient(Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)]))


def opened(world: DriverWorld) -> tuple[AsgiClient, str]:
    """A browser with its cookie, and the page's address."""
    client = client_of(world.desk, world)
    path = str(client.get(f"/c/{world.plug_in(1)}").headers["location"])
    return client, f"/?s={path.rsplit('/', 1)[-1]}"


def test_the_status_is_there_before_anything_else_is_loaded(world: DriverWorld) -> None:
    client, address = opened(world)
    text = client.get(address).text
    assert "When do you leave?</h1>" in text
    assert '<script type="module" crossorigin src="/static/js/index.1.js">' in text
    assert 'rel="modulepreload" crossorigin href="/static/js/react.2.js"' in text
    assert f'href="/s/{address.removeprefix("/?s=")}"' in text


def test_a_language_is_chosen_and_kept(world: DriverWorld) -> None:
    client, address = opened(world)
    assert "¿Cuándo sale?" in client.get(f"{address}&lang=es").text
    assert '<html lang="es">' in client.get(address).text


@pytest.mark.parametrize("address", ["/", "/?s=", "/?s=id-0003", "/?s=" + "x" * 500])
def test_who_holds_no_key_learns_nothing(world: DriverWorld, address: str) -> None:
    world.plug_in(1)
    answer = client_of(world.desk, world).get(address)
    assert answer.status_code == 404
    assert "static/js" not in answer.text
    assert "E1" not in answer.text


def test_a_session_that_is_over_says_only_that(world: DriverWorld) -> None:
    client, address = opened(world)
    world.wait(minutes=5)
    world.unplug(1)
    world.wait(minutes=16)
    answer = client.get(address)
    assert answer.status_code == 410
    assert "static/js" not in answer.text


def test_a_store_out_of_reach_offers_another_try(world: DriverWorld) -> None:
    _, address = opened(world)
    desk = DriverDesk(Away(), world.clock, world.settings)
    answer = client_of(desk, world).get(address, headers={"cookie": "x=y"})
    assert answer.status_code == 503
    assert f'href="{address}"' in answer.text


def test_its_policy_lets_nothing_run_inline(world: DriverWorld) -> None:
    client, address = opened(world)
    policy = client.get(address).headers["content-security-policy"]
    assert "script-src 'self' blob:;" in policy
    assert "unsafe-eval" not in policy
