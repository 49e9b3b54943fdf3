"""Values from callers that are refused before anything is written."""

from readyby.errors import BadInput


def one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raises BadInput when a word is none of those allowed."""
    if value not in allowed:
        raise BadInput(field, value, f"give one of {', '.join(allowed)}")
