"""Faults on purpose: by seed, in their window, written down; and what the exchange makes of each."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from readyby.bench import faults as matrix
from readyby.bench.fault_rules import APPLIES, NOTICED_AS
from readyby.envelope import us
from readyby.errors import BadInput
from readyby.network.faults import NUMBERS, Fault, FaultDesk, FaultKind, read_faults
from readyby.settings import PROJECT_ROOT

START = datetime(2019, 7, 24, 14, tzinfo=UTC)
AT = us(START)
MINUTE = 60_000_000


def desk(probability: float = 1.0, seed: int = 0, **evses: object) -> FaultDesk:
    fault = Fault(
        kind=FaultKind.METER_GAP,
        start_us=AT,
        end_us=AT + 100 * MINUTE,
        evse_ids=frozenset({"E1"}),
        probability=probability,
    )
    return FaultDesk((fault,), seed)


def strikes(made: FaultDesk, evse_id: str = "E1") -> list[int]:
    return [m for m in range(-5, 120) if made.strikes(FaultKind.METER_GAP, evse_id, AT + m * MINUTE)]


def test_the_list_of_25_is_whole():
    assert sorted(set(NUMBERS.values())) == list(range(1, 26))
    assert set(APPLIES) == set(NOTICED_AS) == set(FaultKind)


def test_a_fault_strikes_in_its_window_and_at_its_evses_only():
    assert strikes(desk()) == list(range(100))
    assert strikes(desk(), "E2") == []


def test_the_seed_alone_decides():
    first, again, other = (strikes(desk(0.3, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert 15 <= len(first) <= 45


def test_each_strike_is_written_down_once():
    made = desk()
    for _ in range(3):
        made.strikes(FaultKind.METER_GAP, "E1", AT, "the same")
    made.strikes(FaultKind.METER_GAP, "E2", AT)
    (told,) = made.told()
    assert (told["kind"], told["number"], told["evse_id"]) == ("meter_gap", 7, "E1")
    assert told["at"] == START.isoformat()


def test_faults_come_from_a_file(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text(
        'seed = 7\n[[fault]]\nkind = "busy"\nprobability = 0.5\nfrom_min = 10\nuntil_min = 20\n'
        '[[fault]]\nkind = "meter_gap"\nevses = ["E1"]\nuntil_min = 5\n'
    )
    made = read_faults(path, START)
    assert made.seed == 7
    assert made.faults[0].start_us == us(START + timedelta(minutes=10))
    assert made.faults[1].covers("E1", AT)
    assert not made.faults[1].covers("E2", AT)


@pytest.mark.parametrize(
    "text",
    ['[[fault]]\nkind = "no_such"\nuntil_min = 5', "[[fault]]\nkind = 'busy'", "= 3", "[[fault]]\nx = 1"],
)
def test_a_wrong_file_names_the_field(tmp_path, text):
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match="fault"):
        read_faults(path, START)


SHORT = [
    *(("native", kind) for kind in (None, *FaultKind)),
    ("ocpi", None),
    ("ocpi", FaultKind.NO_RESULT),
    ("ocpi", FaultKind.CREDENTIALS),
    ("ocpp", None),
    ("ocpp", FaultKind.UNKNOWN_STOP),
    ("ocpp", FaultKind.NOT_FOLLOWED),
    ("ocpp", FaultKind.FORGETS),
    ("chargepoint", None),
    ("chargepoint", FaultKind.MISSING_STOP),
    ("chargepoint", FaultKind.METER_GAP),
    ("chargepoint", FaultKind.REFUSED),
    ("chargepoint", FaultKind.CREDENTIALS),
    ("chargepoint", FaultKind.ENDLESS_PAGES),
    ("chargepoint", FaultKind.FORGETS),
]


@pytest.mark.parametrize(
    ("network", "kind"), SHORT, ids=[f"{network}-{kind.value if kind else 'none'}" for network, kind in SHORT]
)
async def test_what_is_injected_is_noticed_and_no_limit_is_broken(network, kind):
    outcome = await matrix.run_one(network, kind)
    assert outcome.peak_kw <= outcome.limit_kw
    assert outcome.false_alarms == 0
    assert outcome.noticed == outcome.injected
    assert (outcome.injected > 0) is (kind is not None)


async def test_an_exchange_that_does_not_look_is_found_out(monkeypatch):
    monkeypatch.setattr("readyby.exchange.quality.judge_row", lambda *_: (None, []))
    outcome = await matrix.run_one("native", FaultKind.WRONG_UNIT)
    assert outcome.noticed < outcome.injected


def test_no_process_of_the_product_knows_the_simulated_outside():
    """The injection ledger lives in readyby.network; only the outside and its benches import it."""
    allowed = {"network", "bench", "world.py", "phones", "demo", "cli"}
    for path in (PROJECT_ROOT / "readyby").rglob("*.py"):
        if path.relative_to(PROJECT_ROOT / "readyby").parts[0] in allowed:
            continue
        assert "readyby.network." not in imports(path), path


def imports(path: Path) -> str:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return " ".join(f"{name}." for name in names)
