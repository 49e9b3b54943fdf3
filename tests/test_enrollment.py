"""The enrollment file: each wrong row is refused by line and field, and nothing personal is repeated."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.enrollment import NEEDED, read_enrollment
from readyby.errors import BadInput

HEADER = "token_uid,phone,consent_at,consent_source,wh_per_mi,language"
GOOD = "04AB,(626) 555-0177,2026-03-01T09:00:00-08:00,web form,280,es"


def read(*lines: str):
    return read_enrollment([f"{line}\n" for line in (HEADER, *lines)])


def test_a_good_row():
    [row] = read(GOOD).rows
    assert row.line == 2
    assert row.phone == "+16265550177"
    assert row.consent_at == datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert (row.wh_per_mi, row.language, row.synthetic) == (280.0, "es", False)


def test_no_consent_is_a_row_too():
    [row] = read("04AB,+16265550177,,,300,").rows
    assert row.consent_at is None
    assert row.language == "en"


def test_the_words_that_were_agreed_to_are_kept():
    lines = [
        HEADER + ",consent_version,consent_text\n",
        GOOD + ',2,"Yes, text me, please."\n',
        GOOD.replace("04AB", "04AC") + ",,\n",
    ]
    first, second = read_enrollment(lines).rows
    assert (first.consent_version, first.consent_text) == ("2", "Yes, text me, please.")
    assert (second.consent_version, second.consent_text) == ("", "")


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("token_uid", ",+16265550177,,,280,en"),
        ("phone", "04AB,12,,,280,en"),
        ("phone", "04AB,,,,280,en"),
        ("consent_at", "04AB,+16265550177,yesterday,,280,en"),
        ("consent_at", "04AB,+16265550177,2026-03-01T09:00:00,,280,en"),
        ("wh_per_mi", "04AB,+16265550177,,,nan,en"),
        ("wh_per_mi", "04AB,+16265550177,,,0.28,en"),
        ("wh_per_mi", "04AB,+16265550177,,,,en"),
        ("language", "04AB,+16265550177,,,280,fr"),
        ("row", "04AB,+16265550177,,web,280,en,more"),
    ],
)
def test_a_wrong_row_is_refused_and_the_rest_goes_on(field, line):
    enrollment = read(GOOD, line)
    assert len(enrollment.rows) == 1
    [rejected] = enrollment.rejected
    assert rejected.line == 3
    assert rejected.reason.startswith(f"{field}:")
    assert "0177" not in rejected.reason


def test_a_token_twice_is_refused_whatever_its_case():
    enrollment = read(GOOD, GOOD.replace("04AB", "04ab"))
    assert [row.line for row in enrollment.rows] == [2]
    assert "line 2" in enrollment.rejected[0].reason


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_column_is_named(name):
    header = ",".join(column for column in NEEDED if column != name)
    with pytest.raises(BadInput, match=f"add the columns {name}"):
        read_enrollment([header])


def test_an_unknown_column_is_named():
    with pytest.raises(BadInput, match="remove these columns"):
        read_enrollment([HEADER + ",name"])


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_characters='",\r\n'), max_size=20), min_size=6, max_size=6
    )
)
def test_every_row_ends_in_one_of_the_two(cells):
    enrollment = read(",".join(cells))
    assert len(enrollment.rows) + len(enrollment.rejected) == (1 if any(cells) else len(enrollment.rejected))


def test_the_sample_participants_are_all_good(repository: Path):
    with (repository / "data/participants/jpl_synthetic.csv").open() as lines:
        enrollment = read_enrollment(lines)
    assert enrollment.rejected == ()
    assert all(row.synthetic for row in enrollment.rows)
