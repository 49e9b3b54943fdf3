"""Secrets are made once, for their owner's eyes only, and settings win over them."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import pytest
from pydantic import SecretStr

from readyby.errors import Misconfigured
from readyby.secrets_file import Secrets, read_secrets, secret, secrets_path
from readyby.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(state_dir=tmp_path / "state")


def test_made_once_for_the_owner_only(settings):
    first = read_secrets(settings)
    assert read_secrets(settings) == first
    assert stat.S_IMODE(secrets_path(settings).stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.state_dir.stat().st_mode) == 0o700
    values = [getattr(first, field.name) for field in fields(Secrets)]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 32 for value in values)


def test_many_at_once_agree(settings):
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: read_secrets(settings).pepper, range(32)))
    assert len(seen) == 1
    assert [path.name for path in settings.state_dir.iterdir()] == ["secrets.json"]


def test_a_setting_wins(settings):
    given = settings.model_copy(update={"exchange_token": SecretStr("given")})
    assert secret(given, "exchange_token") == "given"
    assert secret(given, "vendor_key") == secret(settings, "vendor_key")


def test_nothing_shows_in_its_repr(settings):
    assert read_secrets(settings).pepper not in repr(read_secrets(settings))


def test_open_to_others_is_refused(settings):
    read_secrets(settings)
    secrets_path(settings).chmod(0o640)
    with pytest.raises(Misconfigured, match="run: chmod 600"):
        read_secrets(settings)


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"pepper": 1}), '"x"'])
def test_a_broken_file_names_the_remedy(settings, content):
    settings.state_dir.mkdir()
    secrets_path(settings).touch(mode=0o600)
    secrets_path(settings).write_text(content)
    with pytest.raises(Misconfigured, match="restore it from a backup"):
        read_secrets(settings)
