"""The store over HTTP on a Unix socket: one route a command, one a query, Arrow for tables.

`POST /command/{name}` and `POST /query/{name}` take the JSON of the value and answer with the JSON of its
result; the header `Op-Id` makes a resent command apply once. `POST /table` takes `{"sql", "limit"}` and
answers with an Arrow IPC stream. `GET /health` writes, since reading proves little. Errors are problem
details. Whoever can open the socket is trusted: keep it at mode 0600.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence

import orjson
import pyarrow as pa
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from readyby.errors import BadInput, ReadyByError
from readyby.store import api, codec
from readyby.store.problems import to_problem

Endpoint = Callable[[Request], Awaitable[Response]]
ARROW_STREAM = "application/vnd.apache.arrow.stream"
JSON = "application/json"

log = structlog.get_logger()


def create_service(store: api.Store, beside: Sequence[Route] = ()) -> Starlette:
    """The app that serves a store, and other routes beside it."""

    async def command(request: Request) -> Response:
        value = codec.decode(api.Command, request.path_params["name"], await request.body())
        result = await store.do(value, op_id=request.headers.get("op-id"))
        return Response(codec.encode_result(type(value), result), media_type=JSON)

    async def query(request: Request) -> Response:
        value = codec.decode(api.Query, request.path_params["name"], await request.body())
        result = await store.ask(value)
        return Response(codec.encode_result(type(value), result), media_type=JSON)

    async def table(request: Request) -> Response:
        sql, limit = _table_asked(await request.body())
        rows = await store.table(sql, limit)
        return Response(await asyncio.to_thread(_stream, rows), media_type=ARROW_STREAM)

    async def health(_: Request) -> Response:
        beats = await store.do(api.Beat())
        return Response(orjson.dumps({"status": "ok", "beats": beats}), media_type=JSON)

    return Starlette(
        routes=[
            *beside,
            Route("/command/{name}", _with_problems(command), methods=["POST"]),
            Route("/query/{name}", _with_problems(query), methods=["POST"]),
            Route("/table", _with_problems(table), methods=["POST"]),
            Route("/health", _with_problems(health), methods=["GET"]),
        ]
    )


def _table_asked(body: bytes) -> tuple[str, int]:
    try:
        asked = orjson.loads(body)
        return str(asked["sql"]), int(asked["limit"])
    except (ValueError, KeyError, TypeError):
        raise BadInput("body", f"{len(body)} bytes", 'send {"sql": ..., "limit": ...} as JSON') from None


def _with_problems(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ReadyByError as error:
            problem = to_problem(error)
        except Exception as error:  # noqa: BLE001  # the boundary of the process
            log_failure(request.url.path, error)
            problem = to_problem(ReadyByError(f"core failed at {request.url.path}: its log says why"))
        return Response(
            orjson.dumps(problem), status_code=problem["status"], media_type="application/problem+json"
        )

    return answer


def log_failure(path: str, error: Exception) -> None:
    """Say where it failed, not with what: the message of a database may quote personal data (I-30)."""
    where = traceback.format_tb(error.__traceback__)[-3:]
    log.error("the store failed", path=path, error=type(error).__name__, where="".join(where))


def _stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())
