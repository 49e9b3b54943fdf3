"""Twilio's signature over an address and a form: checked at our door, made by simulated phones."""

from collections.abc import Mapping

from twilio.request_validator import RequestValidator


def is_genuine(token: str, url: str, fields: Mapping[str, str], signature: str) -> bool:
    """Whether the holder of the token signed these fields for this address; compared in constant time."""
    validator = RequestValidator(token)  # type: ignore[no-untyped-call]
    return bool(validator.validate(url, dict(fields), signature))  # type: ignore[no-untyped-call]


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    """The signature that goes with the fields."""
    validator = RequestValidator(token)  # type: ignore[no-untyped-call]
    return str(validator.compute_signature(url, dict(fields)))  # type: ignore[no-untyped-call]
