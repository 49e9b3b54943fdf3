"""`readyby sql`: read-only questions over the documented views."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from readyby.cli.context import load_settings
from readyby.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_ROWS = 200


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sql", rich_help_panel="Analysis")(sql)


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over the views of docs/views.md.")],
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 100_000,
) -> None:
    """Ask the store with SQL, read-only; works while the product runs and while it does not."""
    if form is Format.PARQUET and out is None:
        raise BadInput("--format", form.value, "name a file with --out, since parquet is not for a terminal")
    from readyby.any_store import open_any_store

    with open_any_store(load_settings()) as store:
        table = _spans_as_text(store.table(query, limit))
    if b"readyby.truncated" in (table.schema.metadata or {}):
        typer.secho(f"only the first {limit} rows: raise --limit for more", fg=typer.colors.YELLOW, err=True)
    if form is Format.TABLE:
        _print_table(table, out)
    elif out is not None:
        with out.open("wb") as file:
            _write(table, form, file)
    else:
        _write(table, form, sys.stdout.buffer)


def _write(table: "pa.Table", form: Format, file: BinaryIO) -> None:
    if form is Format.JSON:
        file.write(json.dumps(table.to_pylist(), default=_json_value, indent=2).encode() + b"\n")
    elif form is Format.CSV:
        import pyarrow.csv

        pyarrow.csv.write_csv(_flat(table), file)
    else:
        import pyarrow.parquet

        pyarrow.parquet.write_table(table, file)


def _spans_as_text(table: "pa.Table") -> "pa.Table":
    """Spans of time, which no format of ours knows, as ISO 8601 durations."""
    import pyarrow as pa

    for place, column in enumerate(table.columns):
        if pa.types.is_interval(column.type):
            spans = [None if span is None else _duration(*span) for span in column.to_pylist()]
            table = table.set_column(place, table.column_names[place], pa.array(spans, pa.string()))
    return table


def _duration(months: int, days: int, nanoseconds: int) -> str:
    return f"P{months}M{days}DT{nanoseconds / 1e9:g}S"


def _flat(table: "pa.Table") -> "pa.Table":
    """Lists and structs as JSON text, since a cell of a CSV file holds none."""
    import pyarrow as pa

    for place, column in enumerate(table.columns):
        if pa.types.is_nested(column.type):
            texts = [
                None if value is None else json.dumps(value, default=_json_value)
                for value in column.to_pylist()
            ]
            table = table.set_column(place, table.column_names[place], pa.array(texts, pa.string()))
    return table


def _json_value(value: object) -> object:
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else str(value)


def _print_table(table: "pa.Table", out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(*table.column_names, header_style="bold")
    for row in table.slice(0, SHOWN_ROWS).to_pylist():
        shown.add_row(*(_cell(value) for value in row.values()))
    if out is not None:
        with out.open("w") as file:
            Console(file=file, width=1000).print(shown)
    else:
        Console().print(shown)
    more = f", {SHOWN_ROWS} shown: use --format csv for all" if table.num_rows > SHOWN_ROWS else ""
    typer.secho(f"{table.num_rows} rows{more}", err=True, dim=True)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    isoformat = getattr(value, "isoformat", None)
    return isoformat(sep=" ") if isoformat and hasattr(value, "hour") else str(value)
