"""Every command, query and result travels as JSON and comes back as it was."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.errors import BadInput
from readyby.interval import Interval
from readyby.store import api, codec
from readyby.store.handlers import registered

COMMANDS, QUERIES = codec.named(api.Command), codec.named(api.Query)
KINDS = sorted({*COMMANDS.values(), *QUERIES.values()}, key=lambda kind: kind.__name__)

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(str, st.text(st.characters(codec="utf-8"), max_size=8))
st.register_type_strategy(
    Mapping, lambda kind: st.dictionaries(*map(st.from_type, get_args(kind)), max_size=2)
)
st.register_type_strategy(int, st.integers(-(2**53), 2**53))
st.register_type_strategy(
    Interval,
    st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2, unique=True).map(
        lambda ends: Interval(*sorted(ends))
    ),
)


def test_all_of_the_interface_is_answered() -> None:
    assert set(KINDS) == registered()
    assert len(KINDS) >= 40


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_there_and_back(kind: type[Any], data: st.DataObject) -> None:
    base = api.Command if kind in COMMANDS.values() else api.Query
    asked = data.draw(st.from_type(kind))
    assert codec.decode(base, kind.__name__, codec.encode(asked)) == asked
    (shape,) = kind.__orig_bases__
    result = data.draw(st.from_type(get_args(shape)[0]))
    assert codec.decode_result(asked, codec.encode_result(kind, result)) == result


def test_bytes_need_not_be_text() -> None:
    command = api.IngestPage(body=bytes(range(256)), received_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert codec.decode(api.Command, "IngestPage", codec.encode(command)) == command


def test_what_does_not_fit_names_its_field_only() -> None:
    with pytest.raises(BadInput, match="phone") as refused:
        codec.decode(api.Command, "MarkStopped", b'{"phone": 16265550101, "stopped": true, "at": "x"}')
    assert "16265550101" not in str(refused.value)
    with pytest.raises(BadInput, match="ReadSite"):
        codec.decode(api.Command, "ReadSite", b"{}")
