"""Read-only SQL for analysts: one SELECT over the documented views, and nothing that reaches further.

The transaction is read-only, files and settings are locked away by the connection, and the parsed statement
may name only these views: never the tables under them, so never a person's phone or token.
"""

import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from readyby.errors import BadInput
from readyby.store.statements import statement

VIEWS = (
    "circuits", "commands", "data_quality", "evses", "grid_events", "messages", "meter_values", "plan_steps",
    "plans", "requests", "runs", "sessions", "settlements", "sites",
)  # fmt: skip
TIME_LIMIT_S = 30.0
TRUNCATED = b"readyby.truncated"

_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_SOURCES = {"BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "TABLE_FUNCTION", "SHOW_REF"}
_PARTS = {
    "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
    "ASCENDING", "DESCENDING", "ORDER_DEFAULT", "INVALID",
}  # fmt: skip
_TABLE_FUNCTIONS = {"range", "generate_series", "unnest", "repeat", "json_each"}
_HARMLESS_VOLATILE = {"random", "uuid", "gen_random_uuid", "error"}
_TELLTALE = {"current_setting", "getvariable", "getenv"}


_denied: list[frozenset[str]] = []


def select(cursor: duckdb.DuckDBPyConnection, sql: str, limit: int) -> pa.Table:
    """The rows of a SELECT, at most `limit`; the schema's metadata says when there were more.

    Raises:
        BadInput: no single SELECT, one that reaches beyond the views, or one that failed; says why.
    """
    if limit < 1:
        raise BadInput("limit", limit, "ask for at least one row")
    _check(cursor, sql)
    stop = threading.Timer(TIME_LIMIT_S, cursor.interrupt)
    stop.daemon = True
    stop.start()
    try:
        rows = cursor.sql(sql).limit(limit + 1).to_arrow_table()
    except duckdb.InterruptException:
        raise BadInput("sql", "a query", f"it ran for {TIME_LIMIT_S:g} s: narrow it by time") from None
    except (duckdb.FatalException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        raise BadInput("sql", "a query", str(error)) from None
    finally:
        stop.cancel()
    if rows.num_rows > limit:
        return rows.slice(0, limit).replace_schema_metadata({TRUNCATED: b"true"})
    return rows


def _check(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    ((text,),) = cursor.execute(statement("queries/parse"), {"sql": sql}).fetchall()
    parsed = orjson.loads(text)
    if parsed["error"]:
        raise BadInput(
            "sql", "a query", f"write one SELECT over {', '.join(VIEWS)}: {parsed['error_message']}"
        )
    if len(parsed["statements"]) != 1:
        raise BadInput("sql", "a query", "write one statement")
    nodes = list(_nodes(parsed["statements"]))
    tables = {name for (name,) in cursor.execute(statement("queries/base_tables")).fetchall()}
    allowed = set(VIEWS) | (_local_names(nodes) - tables)
    denied = _denied_functions(cursor)
    for node in nodes:
        _check_node(node, allowed, denied)


def _denied_functions(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Functions with effects, or that tell of settings; the same for every database of this DuckDB."""
    if not _denied:
        volatile = {name for (name,) in cursor.execute(statement("queries/volatile_functions")).fetchall()}
        _denied.append(frozenset(volatile - _HARMLESS_VOLATILE | _TELLTALE))
    return _denied[0]


def _check_node(node: dict[str, Any], allowed: set[str], denied: frozenset[str]) -> None:
    kind = node.get("type")
    if node.get("class") == "FUNCTION":
        if node["function_name"].lower() in denied:
            raise BadInput("sql", node["function_name"], "leave this function out")
    elif "class" not in node and isinstance(kind, str):
        reached = _reached(kind, node, allowed)
        if reached:
            raise BadInput("sql", reached, f"write a plain SELECT over {', '.join(VIEWS)}")


def _reached(kind: str, node: dict[str, Any], allowed: set[str]) -> str | None:
    """What a part of the query reaches that it must not; None where all is well."""
    if kind == "BASE_TABLE":
        foreign = node["catalog_name"] or node["schema_name"] not in ("", "main")
        return node["table_name"] if foreign or node["table_name"].lower() not in allowed else None
    if kind == "TABLE_FUNCTION":
        name: str = node["function"]["function_name"]
        return None if name.lower() in _TABLE_FUNCTIONS else name
    if kind == "SHOW_REF":
        return None if node.get("query") else "SHOW"
    return None if kind in _NODES | _SOURCES | _PARTS else kind


def _local_names(nodes: list[dict[str, Any]]) -> set[str]:
    """Names that the query defines itself in WITH."""
    return {
        entry["key"].lower()
        for node in nodes
        if isinstance(node.get("cte_map"), dict)
        for entry in node["cte_map"].get("map", [])
    }


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)
