"""The synthetic participants are synthetic, and cover every recorded session."""

import csv
import gzip
import re
from datetime import datetime
from pathlib import Path

import phonenumbers
import pytest

from readyby.demo.participants import build_participants

FICTION = re.compile(r"\+1\d{3}55501\d\d")


@pytest.fixture(scope="module")
def participants(repository: Path) -> list[dict[str, str]]:
    with (repository / "data/participants/jpl_synthetic.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def token_by_session(repository: Path) -> dict[str, str]:
    path = repository / "data/participants/jpl_assignment.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return {row["session_id"]: row["token_uid"] for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def claimed_by_session(repository: Path) -> dict[str, bool]:
    with gzip.open(
        repository / "data/sessions/jpl_2019-05_2019-08.csv.gz", "rt", encoding="utf-8", newline=""
    ) as lines:
        return {row["session_id"]: row["claimed"] == "True" for row in csv.DictReader(lines)}


def test_phones_are_fiction_and_well_formed(participants: list[dict[str, str]]) -> None:
    for row in participants:
        assert FICTION.fullmatch(row["phone"])
        assert phonenumbers.is_valid_number(phonenumbers.parse(row["phone"]))
        assert row["synthetic"] == "True"


def test_everybody_is_unique(participants: list[dict[str, str]]) -> None:
    for column in ("phone", "token_uid"):
        assert len({row[column] for row in participants}) == len(participants)


def test_fields_are_in_range(participants: list[dict[str, str]]) -> None:
    for row in participants:
        assert 200 <= float(row["wh_per_mi"]) <= 400
        assert row["language"] in {"en", "es"}
        if row["consent_at"]:
            assert datetime.fromisoformat(row["consent_at"]).month == 4


def test_some_did_not_consent_and_some_speak_spanish(participants: list[dict[str, str]]) -> None:
    without = sum(not row["consent_at"] for row in participants)
    assert 0 < without < len(participants) / 10
    assert 0 < sum(row["language"] == "es" for row in participants) < len(participants) / 3


def test_claimed_sessions_belong_to_participants_and_no_others_do(
    participants: list[dict[str, str]], token_by_session: dict[str, str], claimed_by_session: dict[str, bool]
) -> None:
    enrolled = {row["token_uid"] for row in participants}
    assert token_by_session.keys() == claimed_by_session.keys()
    for session_id, claimed in claimed_by_session.items():
        assert (token_by_session[session_id] in enrolled) is claimed


def test_made_again_they_are_the_same(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "sessions").symlink_to(repository / "data" / "sessions")
    for path in build_participants(tmp_path):
        made, kept = path.read_bytes(), (repository / "data" / path.relative_to(tmp_path)).read_bytes()
        if path.suffix == ".gz":  # another zlib may pack the same text differently
            made, kept = gzip.decompress(made), gzip.decompress(kept)
        assert made == kept
