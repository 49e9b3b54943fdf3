"""Errors across the socket: raised here, raised again there as the same class (RFC 9457)."""

from typing import Any

from readyby.errors import (
    BadInput,
    Busy,
    Conflict,
    Misconfigured,
    NotFound,
    Permanent,
    ReadyByError,
    Transient,
    Unreachable,
)

STATUS: dict[type[ReadyByError], int] = {
    BadInput: 422,
    NotFound: 404,
    Conflict: 409,
    Busy: 503,
    Unreachable: 504,
    Misconfigured: 500,
    Transient: 503,
    Permanent: 400,
}
_BY_NAME = {kind.__name__: kind for kind in STATUS}


def to_problem(error: ReadyByError) -> dict[str, Any]:
    """An error as problem details."""
    kind = next(kind for kind in type(error).__mro__ if kind in STATUS or kind is ReadyByError)
    problem: dict[str, Any] = {
        "type": f"readyby:{kind.__name__}",
        "title": kind.__name__,
        "status": STATUS.get(kind, 500),
        "detail": str(error),
    }
    if isinstance(error, BadInput):
        problem |= {"field": error.field, "value": str(error.value), "remedy": error.remedy}
    if isinstance(error, Busy):
        problem |= {"retry_after_s": error.retry_after_s}
    return problem


def from_problem(problem: dict[str, Any]) -> ReadyByError:
    """The error that problem details stand for."""
    kind = _BY_NAME.get(problem.get("title", ""), ReadyByError)
    detail = str(problem.get("detail", "core failed"))
    if kind is BadInput:
        return BadInput(problem["field"], problem["value"], problem["remedy"])
    if kind is Busy:
        return Busy(detail, problem.get("retry_after_s"))
    return kind(detail)
