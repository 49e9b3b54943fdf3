"""The handshake with a partner, begun by either side: versions, endpoints, and an exchange of tokens."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from readyby.errors import Misconfigured, Unreachable
from readyby.exchange.ocpi.credentials import Credentials, new_token
from readyby.exchange.ocpi.http import Refused
from readyby.exchange.ocpi.objects import fields_of, items, text
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.wire import MAX_TOKEN, BadMessage

VERSION: Final = "2.2.1"
NEEDED: Final = (("sessions", "SENDER"), ("locations", "SENDER"), ("chargingprofiles", "RECEIVER"))
MOST_LISTED: Final = 200


class UnsupportedVersion(Misconfigured):
    """No version that both know."""


class MissingEndpoints(Misconfigured):
    """The partner does not offer what smart charging needs."""


class Registration:
    """The handshake with one partner, from either side.

    Raises (all):
        Misconfigured: something that the operator has to settle; names the remedy.
        Unreachable, Busy, Refused: as OcpiHttp.
    """

    def __init__(self, partner: Partner) -> None:
        self._settings, self._file, self._http = partner.settings, partner.credentials, partner.http

    # --- we begin -------------------------------------------------------------------------------------

    def register(self, *, anew: bool = False) -> Credentials:
        """Register with the partner by its versions endpoint and token A.

        `anew`: it has forgotten us, so what we hold of the relation is of no use.
        """
        url, token_a = self._settings.versions_url, self._settings.token_a.get_secret_value()
        if url is None or not token_a:
            raise Misconfigured("versions_url, token_a: ask the partner for both, and set them")
        if self._file.value.is_registered and not anew:
            raise Misconfigured(
                f"{self._settings.name} is registered: rotate its tokens, or unregister first"
            )
        version, endpoints = self._discover(url, token_a)
        self._file.change(next_token_b=new_token())
        return self._exchange("POST", endpoints, token_a, version, url)

    @property
    def can_register(self) -> bool:
        """Whether what a registration needs is at hand."""
        return self._settings.versions_url is not None and bool(self._settings.token_a.get_secret_value())

    def rotate(self) -> Credentials:
        """Agree on new tokens, and read the partner's endpoints anew."""
        value = self._registered()
        version, endpoints = self._discover(value.versions_url, value.token_c)
        self._file.change(next_token_b=new_token())
        return self._exchange("PUT", endpoints, value.token_c, version, value.versions_url)

    def unregister(self) -> None:
        """End the relation: both sides forget their tokens."""
        value = self._registered()
        self._http.call("DELETE", self._door(value.endpoints), token=value.token_c)
        self._file.change(**asdict(Credentials()))

    def _door(self, endpoints: Mapping[str, str]) -> str:
        """Where credentials are exchanged."""
        return self._settings.dialect.paths.get("credentials") or endpoints[_credentials_key(endpoints)]

    def _registered(self) -> Credentials:
        value = self._file.value
        if not value.is_registered:
            raise Misconfigured(f"{self._settings.name} is not registered: register first")
        return value

    def _exchange(
        self, verb: str, endpoints: Mapping[str, str], token: str, version: str, url: str
    ) -> Credentials:
        own = self.own_credentials(self._file.value.next_token_b)
        try:
            answer = self._http.call(verb, self._door(endpoints), body=own, token=token)
            token_c, versions_url, parties = _parse_credentials(answer.data)
        except Refused as error:
            if error.http_status == 405:
                held = "registered" if verb == "POST" else "not registered"
                raise Misconfigured(
                    f"{self._settings.name} holds us for {held}: "
                    "ask it to remove the relation, then register again"
                ) from None
            raise
        except BadMessage as error:
            raise Unreachable(f"{self._settings.name} answered {verb} credentials with: {error}") from None
        return self._file.change(
            token_a="",
            token_b=self._file.value.next_token_b,
            next_token_b="",
            token_c=token_c,
            version=version,
            versions_url=versions_url or url,
            endpoints=endpoints,
            parties=parties,
        )

    # --- the partner begins ---------------------------------------------------------------------------

    def invite(self) -> str:
        """Make a token A for a partner that begins the handshake itself; hand it over by a safe way."""
        return self._file.change(token_a=new_token()).token_a

    def welcome(self, value: object) -> dict[str, object]:
        """Take a partner's credentials (its POST or PUT), and answer ours with a new token.

        Raises:
            BadMessage: what it sent cannot be read. Others: its endpoints cannot be.
        """
        token_c, url, parties = _parse_credentials(value)
        version, endpoints = self._discover(url, token_c)
        token_b = new_token()
        self._file.change(
            token_a="",
            token_b=token_b,
            next_token_b="",
            token_c=token_c,
            version=version,
            versions_url=url,
            endpoints=endpoints,
            parties=parties,
        )
        return self.own_credentials(token_b)

    def farewell(self) -> None:
        """The partner ends the relation."""
        self._file.change(**asdict(Credentials()))

    def own_credentials(self, token: str) -> dict[str, object]:
        """Our Credentials object."""
        role = {
            "role": "SCSP",
            "party_id": self._settings.party_id,
            "country_code": self._settings.country_code,
            "business_details": {"name": self._settings.business_name},
        }
        return {"token": token, "url": f"{self._settings.public_url}/versions", "roles": [role]}

    # --- what the partner offers ----------------------------------------------------------------------

    def _discover(self, versions_url: str, token: str) -> tuple[str, dict[str, str]]:
        """The best version that both know, and its endpoints."""
        try:
            offered = _parse_versions(self._http.call("GET", versions_url, token=token).data)
            version = next((each for each in self._settings.dialect.versions if each in offered), None)
            if version is None:
                names = ", ".join(sorted(offered)) or "none"
                raise UnsupportedVersion(f"{self._settings.name} offers OCPI {names}, and not {VERSION}")
            details = self._http.call("GET", offered[version], token=token).data
            endpoints = _parse_endpoints(details, self._settings.dialect.module_names)
        except BadMessage as error:
            raise Unreachable(f"{self._settings.name} answered its versions with: {error}") from None
        missing = [f"{name} as {role}" for name, role in NEEDED if f"{name}/{role}" not in endpoints]
        if missing or _credentials_key(endpoints) not in endpoints:
            names = ", ".join(missing) or "credentials"
            raise MissingEndpoints(f"{self._settings.name} lacks {names}: ask it to open them to us")
        return version, endpoints


def _credentials_key(endpoints: Iterable[str]) -> str:
    """The credentials endpoint, whichever role it is listed under: for it, the role means nothing."""
    return next((key for key in endpoints if key.startswith("credentials/")), "credentials/SENDER")


def _parse_versions(value: object) -> dict[str, str]:
    """Addresses by version; some peers put the list into an object."""
    listed = value.get("versions") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise BadMessage("versions: no list")
    found = {}
    for each in listed[:MOST_LISTED]:
        fields = fields_of(each, "versions")
        found[text(fields, "version")] = text(fields, "url", 2_000)
    return found


def _parse_endpoints(value: object, module_names: Mapping[str, str]) -> dict[str, str]:
    ours = {theirs: name for name, theirs in module_names.items()}
    found = {}
    for each in items(fields_of(value, "version details"), "endpoints")[:MOST_LISTED]:
        fields = fields_of(each, "endpoints")
        identifier = text(fields, "identifier")
        role = fields.get("role")
        role = role.upper() if isinstance(role, str) else "SENDER"
        found[f"{ours.get(identifier, identifier)}/{role}"] = text(fields, "url", 2_000)
    return found


def _parse_credentials(value: object) -> tuple[str, str, tuple[tuple[str, str, str], ...]]:
    fields = fields_of(value, "credentials")
    token = text(fields, "token", MAX_TOKEN)
    if any(not "!" <= sign <= "~" for sign in token):
        raise BadMessage("token: only printable ASCII without spaces")
    url = text(fields, "url", 2_000)
    if not url.startswith(("http://", "https://")):
        raise BadMessage("url: no http address")
    parties = []
    for each in items(fields, "roles")[:MOST_LISTED]:
        role = fields_of(each, "roles")
        parties.append((text(role, "role"), text(role, "country_code", 2), text(role, "party_id", 3)))
    if not parties:
        raise BadMessage("roles: none")
    return token, url, tuple(parties)
