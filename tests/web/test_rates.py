"""Nobody may knock for ever: wrong keys and floods of forms meet a limit, people do not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from readyby import links
from readyby.web.page import PageMaker
from readyby.web.rates import MISSES_OF_ONE, POSTS_OF_ONE, Rates
from readyby.web.routes import PlainPages
from tests.support.asgi import AsgiClient
from tests.support.drivers import DriverWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path_factory.mktemp("state"))
    yield made
    made.close()


def client_of(world: DriverWorld, rates: Rates) -> AsgiClient:
    pages = PlainPages(world.desk, PageMaker("ReadyBy", world.prices), rates=rates)
    return AsgiClient(Starlette(routes=pages.routes()))


def test_wrong_keys_meet_a_limit_and_then_the_right_one_too(world: DriverWorld) -> None:
    client, key = client_of(world, Rates()), world.plug_in(1)
    answers = [client.get(f"/c/{links.new_key()}").status_code for _ in range(MISSES_OF_ONE.amount + 5)]
    assert answers == [404] * MISSES_OF_ONE.amount + [429] * 5
    refused = client.get(f"/c/{key}")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "60"


def test_without_limit_every_wrong_key_looks_the_same(world: DriverWorld) -> None:
    client = client_of(world, Rates(on=False))
    answers = {client.get(f"/c/{links.new_key()}").status_code for _ in range(MISSES_OF_ONE.amount * 2)}
    assert answers == {404}


def test_a_flood_of_forms_from_one_page_is_stopped(world: DriverWorld, tmp_path: Path) -> None:
    client = client_of(world, Rates())
    path = str(client.get(f"/c/{world.plug_in(2)}").headers["location"])
    answers = [client.post(path, data={"action": "?"}).status_code for _ in range(POSTS_OF_ONE.amount + 1)]
    assert answers == [422] * POSTS_OF_ONE.amount + [429]


def test_a_person_who_changes_the_mind_ten_times_is_not_stopped(world: DriverWorld) -> None:
    client = client_of(world, Rates())
    path = str(client.get(f"/c/{world.plug_in(3)}").headers["location"])
    assert all(client.get(path).status_code == 200 for _ in range(20))
