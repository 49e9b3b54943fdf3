"""`readyby network add`: nobody's car is limited without consent, and no part of a command is dropped."""

import pytest
from typer.testing import CliRunner

from readyby.cli.network import app

ADDS = {
    "ocpi": [
        "--versions-url",
        "http://127.0.0.1:9/v",
        "--token-a",
        "t",
        "--public-url",
        "http://127.0.0.1/o",
    ],
    "ocpp": ["--station", "CP1=E1"],
    "chargepoint": ["--license-key", "k", "--password", "p", "--port", "1:1:1=E1"],
}


@pytest.mark.parametrize("kind", ADDS)
def test_a_trial_asks_before_a_car_is_limited(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    modules = {"chargepoint": "readyby.exchange.chargepoint.onboarding"}
    module = modules.get(kind, "readyby.exchange.onboarding")
    monkeypatch.setattr(f"{module}.connect_{kind}", lambda *_args, **_more: called.append(kind))
    command = ["add", kind, *ADDS[kind], "--try-evse", "E1"]
    refused = CliRunner().invoke(app, command, input="n\n")
    assert "The car at E1 will charge less" in refused.output
    assert refused.exit_code != 0
    assert not called
    assert CliRunner().invoke(app, [*command, "--yes"]).exit_code == 0
    assert called == [kind]


@pytest.mark.parametrize("told", ["garage", "=garage", "LOC1="])
def test_a_location_that_names_no_site_is_refused(told: str, caplog: pytest.LogCaptureFixture) -> None:
    result = CliRunner().invoke(app, ["add", "ocpi", *ADDS["ocpi"], "--location", told])
    assert result.exit_code != 0
    assert "LOC1=garage" in caplog.text
