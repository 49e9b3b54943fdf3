"""What all parts of one partner's adapter share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from readyby.errors import Unreachable
from readyby.exchange.adapter import Remark
from readyby.exchange.network_state import NetworkState
from readyby.exchange.ocpi.credentials import CredentialFile
from readyby.exchange.ocpi.http import OcpiHttp
from readyby.exchange.ocpi.settings import Dialect, OcpiSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One partner: what is set and known of it, and the ways to it. `now` gives domain time, `remark` keeps
    what is noticed.
    """

    settings: OcpiSettings
    state: NetworkState
    credentials: CredentialFile
    http: OcpiHttp
    now: Callable[[], datetime]
    remark: Callable[[Remark], None] = lambda _remark: None

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def dialect(self) -> Dialect:
        return self.settings.dialect

    def endpoint(self, module: str, role: str) -> str:
        """Where the partner serves a module: by the settings, else by its version details.

        Raises:
            Unreachable: it does not, or we are not registered.
        """
        url = self.dialect.paths.get(module) or self.credentials.value.endpoints.get(f"{module}/{role}")
        if url is None:
            raise Unreachable(f"{self.name} offers no {module} as {role}: register with it")
        return url
