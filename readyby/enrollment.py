"""The enrollment file: who takes part, by the token that starts their sessions.

A CSV with a header: `token_uid`, `phone`, `consent_at` (RFC 3339 with a zone; empty: no consent),
`consent_source`, `wh_per_mi` and, optional, `language` (en, es), `synthetic`, `consent_version` and
`consent_text` (the words that were agreed to). A wrong row is refused by
its line and field; its values are personal, so they are not repeated.
"""

import csv
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import phonenumbers

from readyby.errors import BadInput
from readyby.interval import utc
from readyby.store.api import ParticipantRow, RejectedRow

T = TypeVar("T")

NEEDED = ("token_uid", "phone", "consent_at", "consent_source", "wh_per_mi")
KNOWN = (*NEEDED, "language", "synthetic", "consent_version", "consent_text")
LANGUAGES = ("en", "es")
REGION = "US"
LEAST_WH_PER_MI, MOST_WH_PER_MI = 100.0, 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """The rows that may be imported, and those that may not, with their lines."""

    rows: tuple[ParticipantRow, ...]
    rejected: tuple[RejectedRow, ...]


class _RowError(Exception):
    """One field of one row; the text names the field and the remedy."""


def read_enrollment(lines: Iterable[str]) -> Enrollment:
    """Judge each row by itself.

    Raises:
        BadInput: the header lacks a column or has one that nobody knows.
    """
    reader = csv.DictReader(lines, skipinitialspace=True)
    _check_header(reader.fieldnames or ())
    rows: list[ParticipantRow] = []
    rejected: list[RejectedRow] = []
    first_line: dict[str, int] = {}
    for record in reader:
        line = reader.line_num
        try:
            row = _row(line, record)
        except _RowError as refusal:
            rejected.append(RejectedRow(line=line, reason=str(refusal)))
            continue
        before = first_line.setdefault(row.token_uid.casefold(), line)
        if before == line:
            rows.append(row)
        else:
            reason = f"token_uid: stands on line {before} already; keep one of the two"
            rejected.append(RejectedRow(line=line, reason=reason))
    return Enrollment(rows=tuple(rows), rejected=tuple(rejected))


def _check_header(names: Iterable[str]) -> None:
    found = set(names)
    if missing := [name for name in NEEDED if name not in found]:
        raise BadInput("header", ",".join(sorted(found)), f"add the columns {', '.join(missing)}")
    if unknown := sorted(found - set(KNOWN)):
        raise BadInput("header", ",".join(unknown), f"remove these columns; known are {', '.join(KNOWN)}")


def _row(line: int, record: Mapping[str | None, object]) -> ParticipantRow:
    if None in record:
        raise _RowError("row: has more fields than the header; quote fields that contain a comma")
    fields = {str(name): str(value or "").strip() for name, value in record.items()}
    if not fields["token_uid"]:
        raise _RowError("token_uid: is empty; give the uid that the reader sends")
    return ParticipantRow(
        line=line,
        token_uid=fields["token_uid"],
        phone=_parsed("phone", fields, _phone, "write a number as +16265550100"),
        consent_at=_parsed(
            "consent_at", fields, _instant, "write 2026-03-01T09:00:00-08:00, or leave it empty"
        ),
        consent_source=fields["consent_source"],
        wh_per_mi=_parsed(
            "wh_per_mi", fields, _wh_per_mi, f"give {LEAST_WH_PER_MI:g} to {MOST_WH_PER_MI:g} Wh per mile"
        ),
        language=_parsed("language", fields, _language, f"use one of {', '.join(LANGUAGES)}"),
        synthetic=_parsed("synthetic", fields, _yes_or_no, "use True or False"),
        consent_version=fields.get("consent_version", ""),
        consent_text=fields.get("consent_text", ""),
    )


def _parsed(name: str, fields: Mapping[str, str], parse: Callable[[str], T], remedy: str) -> T:
    try:
        return parse(fields.get(name, ""))
    except ValueError as error:
        raise _RowError(f"{name}: cannot be used; {remedy}") from error


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException as error:
        raise ValueError("no phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("no phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _instant(text: str) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(text)) if text else None
    except BadInput as error:
        raise ValueError("no zone") from error


def _wh_per_mi(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and LEAST_WH_PER_MI <= value <= MOST_WH_PER_MI):
        raise ValueError("out of range")
    return value


def _language(text: str) -> str:
    language = text.casefold() or LANGUAGES[0]
    if language not in LANGUAGES:
        raise ValueError("unknown language")
    return language


def _yes_or_no(text: str) -> bool:
    if text.casefold() not in ("", "true", "false", "yes", "no", "1", "0"):
        raise ValueError("neither yes nor no")
    return text.casefold() in ("true", "yes", "1")


def phone_of(text: str) -> str:
    """A number as people write it, in E.164. Raises BadInput."""
    try:
        return _phone(text)
    except ValueError:
        raise BadInput("phone", "(number)", "write a number as +16265550100") from None


def region_of(phone: str) -> str:
    """The country of a number in E.164 as its ISO 3166 code; empty where it has none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone, None)) or ""
    except phonenumbers.NumberParseException:
        return ""
