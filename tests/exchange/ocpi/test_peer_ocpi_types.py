"""Every message of a whole relation, judged by types that others made, in an environment of their own."""

import asyncio
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.ocpi.conftest import Begin, visit_of
from tests.exchange.ocpi.schemas import example
from tests.exchange.ocpi.test_relation import setpoint
from tests.exchange.peer_env import PEERS, python_of

Judge = Callable[[Sequence[tuple[str, Any]]], list[str]]


@pytest.fixture(scope="module")
def judge(repository: Path) -> Judge:
    """What `ocpi-types` finds wrong with objects, each under the name of its type."""
    python = python_of(repository, "ocpi_types")

    def judged(objects: Sequence[tuple[str, Any]]) -> list[str]:
        told = "".join(json.dumps(each) + "\n" for each in objects)
        program = [str(python), str(PEERS / "ocpi_types_check.py")]
        done = subprocess.run(program, input=told, capture_output=True, text=True, check=True, timeout=120)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(said) == len(objects)
        return [each for each in said if each is not None]

    return judged


async def test_a_whole_relation_speaks_by_the_types_of_others(begin: Begin, judge: Judge) -> None:
    async with begin(visits=(visit_of(0), visit_of(1, stay_h=0.05))) as pair:
        await pair.pull()
        await pair.go(minutes=2)
        await pair.adapter.submit([setpoint(pair)])
        await pair.go(minutes=3)
        await pair.adapter.read_active(["E0"])
        await pair.adapter.submit([setpoint(pair, command="c2", release=True)])
        await pair.go(minutes=1)
        await pair.adapter.read_list("cdrs")
        await asyncio.to_thread(pair.adapter.registration.rotate)
    ours = {
        "SetChargingProfile": [each.sent for each in pair.to_cpo.of("PUT", "/2.2.1/chargingprofiles/")],
        "Credentials": [
            each.sent for verb in ("POST", "PUT") for each in pair.to_cpo.of(verb, "/2.2.1/credentials")
        ],
        "Version": [
            version
            for each in pair.to_us.of("GET", "/versions")
            if each.path == "/versions"
            for version in each.answered["data"]
        ],
        "VersionDetails": [
            each.answered["data"] for each in pair.to_us.of("GET", "/2.2.1") if each.path == "/2.2.1"
        ],
    }
    theirs = {
        "Session": [each.sent for each in pair.to_us.of("PUT", "/2.2.1/sessions/")],
        "Location": [
            one for each in pair.to_cpo.of("GET", "/2.2.1/locations") for one in each.answered["data"]
        ],
        "Cdr": [one for each in pair.to_cpo.of("GET", "/2.2.1/cdrs") for one in each.answered["data"]],
        "ActiveChargingProfile": [
            each.sent["profile"]
            for each in pair.to_us.of("POST", "/chargingprofiles/results/")
            if "profile" in each.sent
        ],
    }
    told = {**ours, **theirs}
    assert all(told.values()), [name for name, found in told.items() if not found]
    assert judge([(name, each) for name, found in told.items() for each in found]) == []


def test_the_types_of_others_catch_planted_faults(judge: Judge) -> None:
    session = example("session_example_1_simple_start")
    profile = {
        "charging_profile": {
            "charging_rate_unit": "A",
            "charging_profile_period": [{"start_period": 0, "limit": 6.0}],
        },
        "response_url": "http://127.0.0.1/x",
    }
    assert judge([("Session", session), ("SetChargingProfile", profile)]) == []
    without = {name: value for name, value in session.items() if name != "cdr_token"}
    wrong_unit = {**profile, "charging_profile": {**profile["charging_profile"], "charging_rate_unit": "kW"}}
    assert len(judge([("Session", without), ("SetChargingProfile", wrong_unit)])) == 2
