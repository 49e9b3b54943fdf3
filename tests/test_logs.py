"""Logs: one JSON object a line, and never a link key or a phone number."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from readyby.logs import masked, start_logging


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    start_logging("core", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def read(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_structured_line(lines):
    structlog.get_logger("readyby.x").info("plan recorded", plan_version=3)
    [line] = read(lines)
    assert (line["event"], line["plan_version"], line["service"], line["level"]) == (
        "plan recorded",
        3,
        "core",
        "info",
    )
    assert str(line["at"]).endswith("Z")


@pytest.fixture
def silenced() -> Iterator[logging.Logger]:
    """As a library's own logging set-up leaves loggers, and a server that is to be quiet."""
    logger = logging.getLogger("uvicorn.error")
    disabled, level = logger.disabled, logger.level
    logger.disabled = True
    logger.setLevel(logging.CRITICAL)
    yield logger
    logger.disabled = disabled
    logger.setLevel(level)


def test_other_libraries_take_the_same_way(silenced, lines):
    logging.getLogger("uvicorn.error").warning("from %s", "uvicorn")
    [line] = read(lines)
    assert (line["event"], line["service"]) == ("from uvicorn", "core")


@pytest.mark.invariant("I-30")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /c/9Zt-k_3xAbCdEfGhIjKlMn HTTP/1.1", "GET /c/*** HTTP/1.1"),
        ("http://host:1/c/abc%2Fdef?x=1", "http://host:1/c/***?x=1"),
        ("sent to +16265550177.", "sent to +***."),
        ("at 2019-07-24T12:00:00+00:00", "at 2019-07-24T12:00:00+00:00"),
        ("1e+300 and 4+12345678", "1e+300 and 4+12345678"),
    ],
)
def test_what_is_masked(text, shown):
    assert masked(text) == shown


def test_masking_reaches_fields_and_tracebacks(lines):
    structlog.get_logger().info("link", url="http://h/c/secretsecret", to="+16265550177")
    error = ValueError("no session behind /c/secretsecret")
    structlog.get_logger().error("failed", exc_info=error)
    assert "secretsecret" not in lines.getvalue()
    assert "6265550177" not in lines.getvalue()
    assert "no session behind /c/***" in str(read(lines)[1]["exception"])
