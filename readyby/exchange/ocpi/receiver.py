"""Our side of OCPI, hosted by the exchange: what a partner may call.

Receiver of sessions, locations, tariffs, CDRs and (where wanted) tokens; sender of charging profiles, for
their results; versions and credentials. The partner's ids are in the path, and have to be those in the
object.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from readyby.errors import Transient
from readyby.exchange.ocpi.commands import Commands
from readyby.exchange.ocpi.deliveries import CDRS, Deliveries, Taken
from readyby.exchange.ocpi.handshake import (
    VERSION,
    MissingEndpoints,
    Registration,
    UnsupportedVersion,
)
from readyby.exchange.ocpi.http import Refused
from readyby.exchange.ocpi.inbound import Frame, Inbound, Reply
from readyby.exchange.ocpi.objects import fields_of, text
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.places import Places
from readyby.exchange.ocpi.preferences import PreferencesAnswer, parse_preferences, request_of
from readyby.exchange.ocpi.roll import Unknown
from readyby.exchange.ocpi.shelf import Shelf
from readyby.exchange.ocpi.wire import (
    BAD_PARAMETERS,
    CANNOT_USE_CLIENT,
    MISSING_ENDPOINTS,
    UNSUPPORTED_VERSION,
    BadMessage,
    same_text,
)

OWNED: Final = "/{country_code}/{party_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who takes what comes in."""

    registration: Registration
    deliveries: Deliveries
    commands: Commands
    on_registered: Callable[[], None]


class Receiver:
    """The acts of our side."""

    def __init__(self, partner: Partner, desk: Desk) -> None:
        self._settings, self._credentials, self._now = partner.settings, partner.credentials, partner.now
        self._registration, self._deliveries, self._commands = (
            desk.registration,
            desk.deliveries,
            desk.commands,
        )
        self._on_registered = desk.on_registered

    # --- versions and credentials ---------------------------------------------------------------------

    def versions(self, _inbound: Inbound) -> Reply:
        return Reply(data=[{"version": VERSION, "url": f"{self._settings.public_url}/{VERSION}"}])

    def details(self, _inbound: Inbound) -> Reply:
        """What we host. The role of credentials means nothing; SENDER is advised."""
        offered = [
            ("credentials", "SENDER"),
            ("sessions", "RECEIVER"),
            ("locations", "RECEIVER"),
            ("tariffs", "RECEIVER"),
            ("cdrs", "RECEIVER"),
            ("chargingprofiles", "SENDER"),
        ]
        if self._settings.host_tokens:
            offered.append(("tokens", "RECEIVER"))
        if self._settings.take_preferences:
            offered.append(("sessions", "SENDER"))
        base = f"{self._settings.public_url}/{VERSION}"
        endpoints = [{"identifier": name, "role": role, "url": f"{base}/{name}"} for name, role in offered]
        return Reply(data={"version": VERSION, "endpoints": endpoints})

    def read_credentials(self, _inbound: Inbound) -> Reply:
        value = self._credentials.value
        return Reply(data=self._registration.own_credentials(value.token_b or value.token_a))

    def post_credentials(self, inbound: Inbound) -> Reply:
        if self._credentials.value.is_registered:
            return Reply(http_status=405, status_code=BAD_PARAMETERS, message="registered already: PUT")
        return self._welcome(inbound)

    def put_credentials(self, inbound: Inbound) -> Reply:
        if not self._credentials.value.is_registered:
            return Reply(http_status=405, status_code=BAD_PARAMETERS, message="not registered: POST")
        return self._welcome(inbound)

    def _welcome(self, inbound: Inbound) -> Reply:
        try:
            own = self._registration.welcome(inbound.body)
        except UnsupportedVersion:
            return Reply(status_code=UNSUPPORTED_VERSION, message=f"offer us OCPI {VERSION}")
        except MissingEndpoints as error:
            return Reply(status_code=MISSING_ENDPOINTS, message=str(error))
        except BadMessage:
            raise
        except (Transient, Refused):
            return Reply(status_code=CANNOT_USE_CLIENT, message="your versions could not be read")
        self._on_registered()
        return Reply(data=own)

    def delete_credentials(self, _inbound: Inbound) -> Reply:
        if not self._credentials.value.is_registered:
            return Reply(http_status=405, status_code=BAD_PARAMETERS, message="not registered")
        self._registration.farewell()
        return Reply()

    # --- sessions -------------------------------------------------------------------------------------

    def read_session(self, inbound: Inbound) -> Reply:
        kept = self._deliveries.read_session(*_owned(inbound, "session_id"))
        if kept is None:
            raise Unknown("session: not known here")
        return Reply(data=kept.body)

    def put_session(self, inbound: Inbound) -> Reply:
        _match(inbound, "session_id", is_part=False)
        return pushed(self._deliveries.put_session(inbound.body))

    def patch_session(self, inbound: Inbound) -> Reply:
        _match(inbound, "session_id", is_part=True)
        return pushed(self._deliveries.patch_session(*_owned(inbound, "session_id"), inbound.body))

    def put_preferences(self, inbound: Inbound) -> Reply:
        """A driver's wish through an app of its eMSP's; ACCEPTED once it is on disk, for core to judge."""
        known = self._deliveries.roll.keys_of(inbound.path["session_id"])
        if not self._settings.take_preferences or len(known) != 1:
            raise Unknown("session: not known here, or not open to charging preferences")
        answer = request_of(parse_preferences(inbound.body), self._now())
        if not isinstance(answer, PreferencesAnswer):
            is_taken = self._deliveries.take_wish(known[0], answer)
            answer = PreferencesAnswer.ACCEPTED if is_taken else PreferencesAnswer.NOT_POSSIBLE
        return Reply(data=answer)

    # --- CDRs -----------------------------------------------------------------------------------------

    def post_cdr(self, inbound: Inbound) -> Reply:
        cdr_id = self._deliveries.take_cdr(inbound.body)
        fields = fields_of(inbound.body, "cdr")
        party = f"{fields['country_code']}/{fields['party_id']}"
        url = f"{self._settings.public_url}/{VERSION}/{CDRS}/{party}/{cdr_id}"
        location = {"Location": url} if url.isascii() and url.isprintable() and " " not in url else {}
        return Reply(http_status=201, headers=location)

    # --- charging profiles ----------------------------------------------------------------------------

    def post_result(self, inbound: Inbound) -> Reply:
        if not self._commands.take_result(inbound.path["result_key"], inbound.body):
            raise Unknown("result: nobody asked for it")
        return Reply()

    def put_active_profile(self, inbound: Inbound) -> Reply:
        if not self._commands.take_active_profile(inbound.path["session_id"], inbound.body):
            raise Unknown("session: not known here")
        return Reply()


def _owned(inbound: Inbound, last: str) -> tuple[str, str, str]:
    return inbound.path["country_code"], inbound.path["party_id"], inbound.path[last]


def _match(inbound: Inbound, last: str, *, is_part: bool) -> None:
    """The path's names are the object's.

    Raises:
        BadMessage: they are not.
    """
    fields = fields_of(inbound.body, "object")
    names = {"country_code": "country_code", "party_id": "party_id", "id": last}
    for name, segment in names.items():
        if is_part and fields.get(name) is None:
            continue
        if not same_text(text(fields, name), inbound.path[segment]):
            raise BadMessage(f"{name}: not the one in the URL")


def pushed(taken: Taken) -> Reply:
    """A push was taken: 201 where it made something new. An older one is taken too: it changed nothing."""
    return Reply(http_status=201 if taken.created else 200, message=taken.note)


def receiver_app(partner: Partner, desk: Desk) -> Starlette:
    """Our side as an application, to be mounted where `settings.public_url` leads."""
    frame, acts, deliveries = Frame(partner), Receiver(partner, desk), desk.deliveries
    base = f"/{VERSION}"

    def shake(path: str, **verbs: Callable[[Inbound], Reply]) -> Route:
        return Route(path, frame.endpoint(verbs, for_handshake=True), methods=list(verbs))

    def route(path: str, **verbs: Callable[[Inbound], Reply]) -> Route:
        return Route(f"{base}{path}", frame.endpoint(verbs), methods=list(verbs))

    routes = [
        shake("/versions", GET=acts.versions),
        shake(base, GET=acts.details),
        shake(
            f"{base}/credentials",
            GET=acts.read_credentials,
            POST=acts.post_credentials,
            PUT=acts.put_credentials,
            DELETE=acts.delete_credentials,
        ),
        route("/sessions/{session_id}/charging_preferences", PUT=acts.put_preferences),
        route(
            f"/sessions{OWNED}/{{session_id}}",
            GET=acts.read_session,
            PUT=acts.put_session,
            PATCH=acts.patch_session,
        ),
        route("/cdrs", POST=acts.post_cdr),
        route("/chargingprofiles/results/{result_key}", POST=acts.post_result),
        route("/chargingprofiles/{session_id}", PUT=acts.put_active_profile),
        *Places(deliveries).routes(route),
        *Shelf("tariffs", partner, deliveries).routes(route),
        *Shelf("cdrs", partner, deliveries, only_reads=True).routes(route),
    ]
    if partner.settings.host_tokens:
        routes += Shelf("tokens", partner, deliveries, id_field="uid").routes(route)
    return Starlette(routes=routes, exception_handlers={HTTPException: frame.failed})
