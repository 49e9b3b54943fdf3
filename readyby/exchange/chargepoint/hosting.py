"""Opens an account from its settings file.

`<state_dir>/networks/<name>.toml` holds the fields of `ChargepointSettings`. License key and password come by
the environment, as READYBY_CHARGEPOINT_CREDENTIALS, or lie in `<name>.secret`: the key, a colon, the
password.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from readyby.clocks import DomainClock
from readyby.errors import Misconfigured
from readyby.exchange.chargepoint.adapter import ChargepointAdapter
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.network_files import FOLDER, read_network_file, read_network_secret, secret_path
from readyby.model import Site

CREDENTIALS_VARIABLE: Final = "READYBY_CHARGEPOINT_CREDENTIALS"


def open_account(
    state_dir: Path, name: str, clock: DomainClock, sites: Iterable[Site] = ()
) -> ChargepointAdapter:
    """The adapter of an account.

    Raises:
        NotFound, BadInput: as read_network_file. Misconfigured: its credentials or its state are missing.
    """
    settings = read_network_file(state_dir, name, ChargepointSettings)
    key, _, password = read_network_secret(state_dir, name, CREDENTIALS_VARIABLE).partition(":")
    if not key or not password:
        raise Misconfigured(
            f"license key and password are not known: put KEY:PASSWORD into {secret_path(state_dir, name)} "
            f"(chmod 600), or set {CREDENTIALS_VARIABLE}"
        )
    whole = settings.model_copy(update={"license_key": SecretStr(key), "password": SecretStr(password)})
    return ChargepointAdapter(whole, clock, folder=state_dir / FOLDER, sites=sites)
