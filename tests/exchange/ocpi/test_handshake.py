"""Who may begin, what each side must offer, and where credentials lie."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from readyby.clocks import SetClock
from readyby.errors import BadInput, Misconfigured, NotFound, ReadyByError
from readyby.exchange.ocpi.credentials import CredentialFile
from readyby.exchange.ocpi.hosting import open_partner, read_ocpi_settings
from readyby.exchange.ocpi.settings import Dialect
from readyby.exchange.ocpi.wire import encoded_token
from readyby.network.faces.ocpi_teller import Quirks
from tests.exchange.ocpi.conftest import START, Begin, Pair, visit_of

THEIR_TOKEN = "token-of-the-cpo-for-us"


async def post(pair: Pair, token: str, body: Any, method: str = "POST") -> httpx.Response:
    headers = {"Authorization": encoded_token(token, "base64")}
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{pair.settings.public_url}/2.2.1/credentials"
        return await http.request(method, url, json=body, headers=headers)


def theirs(pair: Pair, **fields: Any) -> dict[str, Any]:
    role = {"role": "CPO", "country_code": "US", "party_id": "SIM", "business_details": {"name": "Sim"}}
    return {"token": THEIR_TOKEN, "url": str(pair.settings.versions_url), "roles": [role], **fields}


async def test_a_partner_may_begin_with_a_token_that_we_made(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),), registered=False, quirks=Quirks(pushes=False)) as pair:
        pair.face._token_c = THEIR_TOKEN
        token_a = pair.adapter.registration.invite()
        answer = await post(pair, token_a, theirs(pair))
        assert answer.status_code == 200
        token_b = answer.json()["data"]["token"]
        assert token_b not in (token_a, THEIR_TOKEN)
        again = await post(pair, token_a, theirs(pair))
        assert again.status_code == 401
        assert (await post(pair, token_b, theirs(pair))).status_code == 405
        changed = await post(pair, token_b, theirs(pair), "PUT")
        assert changed.json()["data"]["token"] != token_b
        await pair.go(minutes=2)
        batch = await pair.adapter.pull(None)
        assert batch.restarted
        assert [each["session_id"] for each in batch.sessions] == ["S0"]
        gone = await post(pair, changed.json()["data"]["token"], None, "DELETE")
        assert gone.json()["status_code"] == 1000
        assert not pair.adapter.credentials.value.is_registered


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"url": "http://127.0.0.1:9/versions"}, 3001),
        ({"url": "ftp://x"}, 2001),
        ({"token": "has space"}, 2001),
        ({"token": "x" * 65}, 2001),
        ({"roles": []}, 2001),
    ],
)
async def test_what_a_partner_must_offer(begin: Begin, fields: dict[str, Any], code: int) -> None:
    async with begin(registered=False, deadline_s=2.0) as pair:
        pair.face._token_c = THEIR_TOKEN
        token_a = pair.adapter.registration.invite()
        answer = await post(pair, token_a, theirs(pair, **fields))
        assert (answer.status_code, answer.json()["status_code"]) == (200, code)
        assert not pair.adapter.credentials.value.is_registered
        assert pair.adapter.credentials.knows(encoded_token(token_a, "raw"), for_handshake=True)


async def test_a_version_that_we_do_not_speak_is_said(begin: Begin) -> None:
    async with begin(registered=False, dialect=Dialect(versions=("2.3.0",))) as pair:
        with pytest.raises(Misconfigured, match=r"offers OCPI 2\.1\.1, 2\.2\.1"):
            pair.adapter.registration.register()
        pair.face._token_c = THEIR_TOKEN
        token_a = pair.adapter.registration.invite()
        assert (await post(pair, token_a, theirs(pair))).json()["status_code"] == 3002


async def test_missing_endpoints_are_named_before_anything_is_posted(begin: Begin) -> None:
    async with begin(registered=False, quirks=Quirks(hidden_modules=("chargingprofiles",))) as pair:
        with pytest.raises(Misconfigured, match="lacks chargingprofiles as RECEIVER"):
            pair.adapter.registration.register()
        assert pair.to_cpo.of("POST", "/credentials") == []
        pair.face._token_c = THEIR_TOKEN
        token_a = pair.adapter.registration.invite()
        assert (await post(pair, token_a, theirs(pair))).json()["status_code"] == 3003


async def test_a_wrong_token_a_says_so(begin: Begin) -> None:
    async with begin(registered=False) as pair:
        pair.face._token_a = "another"
        with pytest.raises(ReadyByError, match="register again"):
            pair.adapter.registration.register()


async def test_credentials_lie_in_a_file_of_their_own(begin: Begin, tmp_path: Path) -> None:
    async with begin() as pair:
        path = tmp_path / "ocpi.credentials.json"
        assert path.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "ocpi.sqlite").stat().st_mode & 0o777 == 0o600
        stored = json.loads(path.read_text())
        assert stored["token_c"] == pair.adapter.credentials.value.token_c
        assert stored["token_a"] == ""
        value = pair.adapter.credentials.value
        assert value.token_c not in repr(value)
        database = (tmp_path / "ocpi.sqlite").read_bytes()
        assert value.token_c.encode() not in database
        path.chmod(0o644)
        with pytest.raises(Misconfigured, match="chmod 600"):
            CredentialFile(path)


def test_a_broken_credential_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.credentials.json"
    path.write_text("{")
    path.chmod(0o600)
    with pytest.raises(Misconfigured, match="register again"):
        CredentialFile(path)


def test_a_partners_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="acme"):
        read_ocpi_settings(tmp_path, "acme")
    folder = tmp_path / "networks"
    folder.mkdir()
    (folder / "acme.toml").write_text(
        'versions_url = "https://cpo.example/versions"\nparty_id = "abc"\n'
        'sites = { LOC1 = "garage" }\n[dialect]\ntoken_encoding = "raw"\n'
    )
    monkeypatch.setenv("READYBY_OCPI_TOKEN_A", "from-the-environment")
    settings = read_ocpi_settings(tmp_path, "acme")
    assert settings.name == "acme"
    assert settings.party_id == "ABC"
    assert settings.dialect.token_encoding == "raw"
    assert settings.token_a.get_secret_value() == "from-the-environment"
    adapter = open_partner(tmp_path, "acme", SetClock(START))
    assert adapter.name == "acme"
    asyncio.run(adapter.close())


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("token_a = 5\n", "token_a"),
        ('public_url = "nowhere"\n', "public_url"),
        ("[dialect]\nkwh = 1\n", "dialect.kwh"),
        ("versions_url = \n", "acme.toml"),
    ],
)
def test_a_wrong_file_names_the_field(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "acme.toml").write_text(text)
    with pytest.raises(BadInput, match=field):
        read_ocpi_settings(tmp_path, "acme")
