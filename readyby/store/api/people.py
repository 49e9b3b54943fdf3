"""Participants: who they are, whether they may be texted, how they are forgotten."""

from dataclasses import dataclass
from datetime import datetime

from readyby.store.api.base import Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRow:
    """A person as enrolled; `line` is where it stood in the file, for the report.

    Consent is evidence: when, where, and the words that were agreed to, with their version.
    """

    line: int
    token_uid: str
    phone: str
    consent_at: datetime | None
    consent_source: str
    wh_per_mi: float
    language: str = "en"
    synthetic: bool = False
    consent_version: str = ""
    consent_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    added: int
    changed: int
    unchanged: int
    rejected: tuple[RejectedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportParticipants(Command[Imported]):
    """Enroll people by token; phone numbers are E.164 already. A known token may change its phone."""

    rows: tuple[ParticipantRow, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkStopped(Command[int]):
    """STOP (or START, with `stopped=False`) from a phone: holds for all its enrollments; how many."""

    phone: str
    stopped: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkUnreachable(Command[None]):
    """A number that the carrier can never reach gets nothing more, until its holder texts again."""

    phone: str
    error_code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """An enrolled person as a list shows them: the number only by its last four digits."""

    participant_key: str
    phone_end: str
    language: str
    wh_per_mi: float
    consent_at: datetime | None
    consent_source: str
    paused: bool
    stopped: bool
    synthetic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParticipants(Query[tuple[Participant, ...]]):
    """Everybody who is enrolled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseParticipant(Command[bool]):
    """No messages and no control for a person until resumed; False if nobody has this phone."""

    phone: str
    paused: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was taken out: enrollments, messages, links; sessions stay, without their holder."""

    people: int
    messages: int
    links: int
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePerson(Command[Erased]):
    """Take out all that leads to the holder of a phone (I-31); only a keyed hash of a STOP stays."""

    phone: str
    at: datetime
