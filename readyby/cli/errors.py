"""How a command ends: what went wrong in one line with its remedy, and an exit code that says which kind."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from readyby.errors import Misconfigured, ReadyByError

EXIT_FAILED = 1
EXIT_MISCONFIGURED = 78
"""EX_CONFIG of sysexits: starting again cannot help until someone changes a setting or the machine."""


@contextmanager
def report_errors() -> Iterator[None]:
    """Turn an error that ReadyBy raised on purpose into a line on stderr and an exit code; others pass."""
    try:
        yield
    except ReadyByError as error:
        _say(str(error))
        code = EXIT_MISCONFIGURED if isinstance(error, Misconfigured) else EXIT_FAILED
        raise SystemExit(code) from error


def _say(text: str) -> None:
    if logging.getLogger().handlers:
        logging.getLogger("readyby").error(text)
    else:
        typer.secho(f"error: {text}", fg=typer.colors.RED, err=True)
