"""Synthetic participants for the recorded sessions, whose drivers nobody knows (D11).

Whoever comes to the same outlet at a similar hour is taken for one person. Everything else about a person
(token, phone, language, vehicle) is drawn from a hash of that habit, so the same sessions always give the
same people. Phone numbers are of the range 555-0100 to 555-0199 that is set aside for fiction.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

HOURS_ALIKE = 3
"""Arrivals within the same span of this many hours of the day count as one habit."""
AREA_CODES = (213, 310, 323, 424, 626, 661, 747, 818, 909, 949)
ENROLLMENT_START = datetime(2019, 4, 1, 16, tzinfo=UTC)
WH_PER_MI = (250.0, 265.0, 280.0, 300.0, 330.0, 360.0)
NO_CONSENT_PERCENT = 5
SPANISH_PERCENT = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSession:
    """What the assignment looks at: `arrival_hour` is of the site's wall clock."""

    session_id: str
    station_id: str
    arrival_hour: int
    claimed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticParticipant:
    """One line of the enrollment file; an empty `consent_at` means that consent was not given."""

    token_uid: str
    phone: str
    consent_at: str
    consent_source: str
    wh_per_mi: float
    language: str
    synthetic: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticPeople:
    """The participants, and the token that started each session, in the sessions' order."""

    participants: tuple[SyntheticParticipant, ...]
    token_by_session: dict[str, str]


def draw(subject: str, purpose: str, among: int) -> int:
    """A number in [0, among) that depends on nothing but its arguments."""
    return int.from_bytes(sha256(f"readyby synthetic {purpose} {subject}".encode()).digest()[:8]) % among


def token_of(subject: str) -> str:
    """A token as an RFID card carries it: 7 bytes in hex."""
    return "04" + sha256(f"readyby synthetic token {subject}".encode()).hexdigest()[:12].upper()


def habit_of(session: RecordedSession) -> str:
    """Sessions of one habit are taken for one person's."""
    return f"{session.station_id} {session.arrival_hour // HOURS_ALIKE}"


def invent_people(sessions: Sequence[RecordedSession]) -> SyntheticPeople:
    """Participants for the sessions whose driver gave input; other sessions get a token nobody enrolled."""
    token_by_session = {
        session.session_id: token_of(habit_of(session) if session.claimed else session.session_id)
        for session in sessions
    }
    habits = sorted({habit_of(session) for session in sessions if session.claimed})
    return SyntheticPeople(
        participants=tuple(_invent_participant(habit, number) for number, habit in enumerate(habits)),
        token_by_session=token_by_session,
    )


def _invent_participant(habit: str, number: int) -> SyntheticParticipant:
    last_digits, area = divmod(number, len(AREA_CODES))
    consented = draw(habit, "consent", 100) >= NO_CONSENT_PERCENT
    consent_at = ENROLLMENT_START + timedelta(minutes=draw(habit, "enrollment", 28 * 24 * 60))
    return SyntheticParticipant(
        token_uid=token_of(habit),
        phone=f"+1{AREA_CODES[area]}55501{last_digits:02d}",
        consent_at=f"{consent_at:%Y-%m-%dT%H:%M:%SZ}" if consented else "",
        consent_source="synthetic",
        wh_per_mi=WH_PER_MI[draw(habit, "vehicle", len(WH_PER_MI))],
        language="es" if draw(habit, "language", 100) < SPANISH_PERCENT else "en",
    )


def read_recorded(path: Path) -> tuple[RecordedSession, ...]:
    """The sessions of a file of data/sessions, in its order."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return tuple(
            RecordedSession(
                session_id=row["session_id"],
                station_id=row["station_id"],
                arrival_hour=datetime.fromisoformat(row["arrival"]).hour,
                claimed=row["claimed"] == "True",
            )
            for row in csv.DictReader(lines)
        )


def participants_csv(people: SyntheticPeople) -> str:
    names = [field.name for field in fields(SyntheticParticipant)]
    rows = ([str(getattr(person, name)) for name in names] for person in people.participants)
    return _csv(names, rows)


def assignment_csv(people: SyntheticPeople) -> str:
    return _csv(["session_id", "token_uid"], people.token_by_session.items())


def _csv(names: list[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def build_participants(data_dir: Path) -> Iterator[Path]:
    """Write the participants and their assignment for the JPL sessions; yields each file written."""
    people = invent_people(read_recorded(data_dir / "sessions" / "jpl_2019-05_2019-08.csv.gz"))
    folder = data_dir / "participants"
    folder.mkdir(exist_ok=True)
    participants = folder / "jpl_synthetic.csv"
    participants.write_text(participants_csv(people), encoding="utf-8")
    yield participants
    assignment = folder / "jpl_assignment.csv.gz"
    assignment.write_bytes(gzip.compress(assignment_csv(people).encode(), compresslevel=9, mtime=0))
    yield assignment
