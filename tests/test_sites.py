"""Site files: what they say is what stands in the model; what they get wrong is named."""

from pathlib import Path

import pytest

from readyby.circuits import unclaimed_circuits
from readyby.errors import BadInput, NotFound
from readyby.model import Circuit
from readyby.sites import load_site, parse_site

GARAGE = """
site_id = "garage"
name = "A garage"
time_zone = "America/Los_Angeles"
limit_kw = 20
tariff_id = "flat"

[[evses]]
evse_ids = ["E1", "E2"]
max_kw = 6.656
min_kw = 1.248
standing_cap_kw = 1.5
voltage_v = 208.0
"""


def test_a_group_is_as_many_outlets_as_it_names() -> None:
    site = parse_site(GARAGE, "garage.toml")
    assert [evse.evse_id for evse in site.evses] == ["E1", "E2"]
    assert {evse.standing_cap_kw for evse in site.evses} == {1.5}
    assert (site.limit_kw, site.early_leave_floor, site.limit_safety) == (20.0, 0.5, "claimed")


def test_a_site_says_what_a_change_of_plan_must_save() -> None:
    site = parse_site(GARAGE, "garage.toml")
    assert (site.deadband_kw, site.change_usd_per_kwh) == (0.25, 0.002)
    steady = GARAGE.replace("[[evses]]", "deadband_kw = 0.5\nchange_usd_per_kwh = 0.01\n[[evses]]")
    site = parse_site(steady, "garage.toml")
    assert (site.deadband_kw, site.change_usd_per_kwh) == (0.5, 0.01)


def test_groups_follow_each_other() -> None:
    more = GARAGE.split("[[evses]]")[1].replace('"E1", "E2"', '"E3"') + "controlled = false"
    site = parse_site(f"{GARAGE}[[evses]]{more}", "garage.toml")
    assert [evse.controlled for evse in site.evses] == [True, True, False]


@pytest.mark.parametrize(
    ("old", "new", "field", "remedy"),
    [
        ("limit_kw = 20", "limit_kw = -1", "limit_kw", "greater than 0"),
        ("limit_kw = 20", "limit_kw = nan", "limit_kw", "finite"),
        ("limit_kw = 20", 'limit_kw = "20"', "limit_kw", "valid number"),
        ("limit_kw = 20", "", "limit_kw", "required"),
        ("limit_kw = 20", "limit_kw = 20\nlimits_kw = 20", "limits_kw", "spell it right"),
        ("min_kw", "min_kv", "evses.0.min_kv", "spell it right"),
        ("America/Los_Angeles", "Pacific", "garage.toml", "IANA"),
        ('"E2"', '"E1"', "garage.toml", "name each EVSE once"),
        ("standing_cap_kw = 1.5", "standing_cap_kw = 1.0", "evses.0", "use 0 or more"),
        ("standing_cap_kw = 1.5", "standing_cap_kw = 7.0", "evses.0", "lower it"),
        ("min_kw = 1.248", "min_kw = 8.0", "evses.0", "give the least, then the most"),
        ('["E1", "E2"]', "[]", "evses.0.evse_ids", "at least 1"),
    ],
)
def test_a_fault_is_named_with_file_field_and_remedy(old: str, new: str, field: str, remedy: str) -> None:
    with pytest.raises(BadInput, match=r"garage\.toml") as caught:
        parse_site(GARAGE.replace(old, new), "garage.toml")
    assert field in caught.value.field
    assert remedy in caught.value.remedy


def test_no_toml_is_named_with_its_line() -> None:
    with pytest.raises(BadInput, match="line 2"):
        parse_site("\nsite_id = \nname", "garage.toml")


def test_an_unknown_site_names_the_known(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "garage.toml").write_text(GARAGE)
    with pytest.raises(NotFound, match="known sites: garage"):
        load_site(tmp_path, "lot")


def test_a_file_is_named_after_its_site(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "lot.toml").write_text(GARAGE)
    with pytest.raises(BadInput, match=r"name the file garage\.toml"):
        load_site(tmp_path, "lot")


TREE = """
[[circuits]]
name = "roof"
limit_kw = 15
reserved_kw = 2

[[circuits]]
name = "row"
parent = "roof"
limit_a = 60

[[evses]]"""
WIRED = GARAGE.replace("[[evses]]", TREE, 1) + 'circuit = "row"\nconnection = "AB"\n'


def test_a_site_says_its_circuits_and_where_its_outlets_hang() -> None:
    site = parse_site(WIRED, "garage.toml")
    assert site.circuits == (
        Circuit(name="roof", limit_kw=15.0, reserved_kw=2.0),
        Circuit(name="row", parent="roof", limit_a=60.0),
    )
    assert {(evse.circuit, evse.connection) for evse in site.evses} == {("row", "AB")}
    assert site.voltage_v == 208.0
    assert (site.limit_safety, unclaimed_circuits(site)) == ("claimed", ())


@pytest.mark.parametrize(
    ("old", "new", "field", "remedy"),
    [
        ('parent = "roof"', 'parent = "attic"', "garage.toml", "circuits.row.parent: 'attic'"),
        ("reserved_kw = 2", 'parent = "row"', "garage.toml", "circuits cannot form a circle"),
        ('circuit = "row"', 'circuit = "lane"', "garage.toml", "unknown: name one of roof, row"),
        ("limit_a = 60", "limit_a = 60\nlimit_kw = 9", "circuits.1", "limit_kw or limit_a, not both"),
        ("limit_a = 60", "", "circuits.1", "needs one limit"),
        ("limit_a = 60", "limit_a = -1", "circuits.1.limit_a", "greater than 0"),
        ('name = "row"', 'name = "roof"', "garage.toml", "circuits roof stand more than once"),
        ('connection = "AB"', 'connection = "BA"', "evses.0", "use one of AB, BC"),
        ('connection = "AB"', 'connection = "ABC"', "evses.0", "does not go with phases 1"),
        ('connection = "AB"', "", "garage.toml", "circuit row is in amperes"),
    ],
)
def test_a_tree_that_is_none_is_refused(old: str, new: str, field: str, remedy: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_site(WIRED.replace(old, new), "garage.toml")
    assert field in caught.value.field
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "unclaimed"),
    [
        ("limit_kw = 15", "limit_kw = 4.9", ("roof",)),  # 2 x 1.5 kW and 2 kW of other load
        ("limit_a = 60", "limit_a = 14", ("row",)),  # 3 kW between two lines of 208 V: 14.4 A
        ("limit_kw = 15", "limit_kw = 5", ()),
    ],
)
def test_a_circuit_below_its_standing_caps_is_not_claimed(old: str, new: str, unclaimed: tuple[str]) -> None:
    assert unclaimed_circuits(parse_site(WIRED.replace(old, new), "garage.toml")) == unclaimed


def test_a_site_says_what_its_hardware_can_do() -> None:
    facts = "steps_kw = [1.5, 3.0, 6.656]\nmax_pauses = 2\nmin_on_min = 15\nmin_off_min = 30\n"
    site = parse_site(GARAGE.replace("[[evses]]", "ramp_kw = 20\n[[evses]]") + facts, "garage.toml")
    assert site.ramp_kw == 20.0
    assert {(e.steps_kw, e.max_pauses, e.min_on_min, e.min_off_min) for e in site.evses} == {
        ((1.5, 3.0, 6.656), 2, 15.0, 30.0)
    }


@pytest.mark.parametrize(
    ("facts", "remedy"),
    [
        ("steps_kw = [3.0, 1.5]", "give the least first"),
        ("steps_kw = [1.0, 1.5]", "leave min_kw to max_kw"),
        ("steps_kw = [1.5, 7.0]", "leave min_kw to max_kw"),
        ("steps_kw = [3.0, 6.0]", "standing_cap_kw 1.5 is no step"),
        ("max_pauses = -1", "greater than or equal to 0"),
        ("min_on_min = 1000", "less than or equal to 240"),
    ],
)
def test_hardware_that_cannot_be_is_refused(facts: str, remedy: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_site(f"{GARAGE}{facts}\n", "garage.toml")
    assert remedy in caught.value.remedy
