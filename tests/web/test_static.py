"""Static files go out compressed once, and nothing outside of their folder goes out at all."""

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from readyby.web.static import CompressedStatic
from tests.support.asgi import AsgiClient

SCRIPT = "console.log('x');" * 500


@pytest.fixture
def client(tmp_path: Path) -> AsgiClient:
    folder = tmp_path / "public"
    (folder / "static" / "js").mkdir(parents=True)
    (folder / "static" / "js" / "main.abc.js").write_text(SCRIPT)
    (folder / "static" / "image.png").write_bytes(b"png")
    (tmp_path / "secret.js").write_text("secret")

    async def plain(_: object) -> PlainTextResponse:
        return PlainTextResponse("from the app")

    app = Starlette(
        routes=[Route("/{path:path}", plain)], middleware=[Middleware(CompressedStatic, folder=folder)]
    )
    return AsgiClient(app)


def test_a_script_goes_out_compressed_and_for_good(client: AsgiClient) -> None:
    for _ in range(2):
        response = client.get("/static/js/main.abc.js")
        assert response.text == SCRIPT
        assert response.headers["content-encoding"] == "gzip"
        assert "javascript" in response.headers["content-type"]
        assert "immutable" in response.headers["cache-control"]
        assert response.num_bytes_downloaded == len(gzip.compress(SCRIPT.encode(), 6, mtime=0))


@pytest.mark.parametrize(
    "path",
    [
        "/static/image.png",
        "/static/missing.js",
        "/static/../../secret.js",
        "/static/%2e%2e/%2e%2e/secret.js",
        "/x.js",
    ],
)
def test_everything_else_is_the_apps(client: AsgiClient, path: str) -> None:
    assert client.get(path).text == "from the app"


def test_who_takes_no_gzip_gets_the_apps_answer(client: AsgiClient) -> None:
    assert (
        client.get("/static/js/main.abc.js", headers={"accept-encoding": "identity"}).text == "from the app"
    )
