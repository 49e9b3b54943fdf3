"""The roll of a partner's sessions: their names on both sides, whose they are, and where they are active."""

from datetime import datetime

from readyby.exchange.network_state import Kept
from readyby.exchange.ocpi.credentials import counterpart, owns
from readyby.exchange.ocpi.evses import EvseBook, KnownEvse
from readyby.exchange.ocpi.objects import Fields, OcpiSession, key, parse_session
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.wire import BadMessage, same_text

SESSIONS = "sessions"


class Unknown(BadMessage):
    """There is no such object here."""


class Roll:
    """Finds sessions by any of their names."""

    def __init__(self, partner: Partner, evses: EvseBook) -> None:
        self._settings, self._state = partner.settings, partner.state
        self._credentials, self._evses = partner.credentials, evses
        self._places: dict[str, dict[str, datetime]] = {}
        self.find_places()

    def parsed(self, kept: Kept | None) -> OcpiSession | None:
        """A copy's session; None where the settings have since changed so that it cannot be read."""
        try:
            return parse_session(kept.body, self._settings.dialect) if kept else None
        except BadMessage:
            return None

    def session_id(self, session: OcpiSession) -> str:
        """Our name of a session: its own where the partner is one CPO, else with its party's."""
        return self._named(session.country_code, session.party_id, session.id)

    def name_in(self, body: Fields) -> str:
        """Our name of the session that an object tells of, read or not."""
        return self._named(str(body.get("country_code")), str(body.get("party_id")), str(body.get("id")))

    def _named(self, country_code: str, party_id: str, ocpi_id: str) -> str:
        party = counterpart(self._credentials.value)
        if party is None or (
            same_text(party.country_code, country_code) and same_text(party.party_id, party_id)
        ):
            return ocpi_id
        return f"{country_code}*{party_id}*{ocpi_id}"

    def locate(self, session_id: str) -> tuple[str, str]:
        """A session of ours by its key and by its id with the partner."""
        party = counterpart(self._credentials.value)
        parts = session_id.split("*", 2)
        if party is not None:
            plain = key(party.country_code, party.party_id, session_id)
            if len(parts) < 3 or self._state.read(SESSIONS, plain) is not None:
                return plain, session_id
        return session_id.casefold(), parts[-1]

    def session(self, session_key: str) -> OcpiSession | None:
        """A session by its key."""
        return self.parsed(self._state.read(SESSIONS, session_key))

    def name_of(self, session_key: str) -> str:
        """Our name of a session by its key."""
        session = self.session(session_key)
        return self.session_id(session) if session else session_key

    def ocpi_id(self, session_key: str) -> str:
        """A session's id with the partner."""
        kept = self._state.read(SESSIONS, session_key)
        found = kept.body.get("id") if kept else None
        return found if isinstance(found, str) else session_key.split("*", 2)[-1]

    def evse_of(self, session_key: str) -> KnownEvse | None:
        """The EVSE that a session is at."""
        session = self.session(session_key)
        return self._evses.by_uid(session.evse_uid) if session else None

    def find_places(self) -> None:
        """Learn anew where sessions are active."""
        self._places.clear()
        for kept in self._state.read_all(SESSIONS, only_open=True):
            if (session := self.parsed(kept)) is not None:
                self.place(session)

    def place(self, session: OcpiSession) -> None:
        """Remember where a session is active."""
        here = self._places.setdefault(session.evse_uid.casefold(), {})
        if session.status == "ACTIVE":
            here[key_of(session)] = session.started_at
        else:
            here.pop(key_of(session), None)

    def session_at(self, evse_id: str) -> str | None:
        """The key of the session that is active at an EVSE of ours: the one that began last."""
        evse = self._evses.by_name(evse_id)
        here = self._places.get(evse.declared.uid.casefold(), {}) if evse else {}
        began = [(started_at, each) for each, started_at in tuple(here.items())]
        return max(began)[1] if began else None

    def keys_of(self, ocpi_id: str) -> list[str]:
        """The sessions that a bare id may name: one of each party of the partner."""
        parties = {(country, party) for _, country, party in self._credentials.value.parties}
        found = [key(country, party, ocpi_id) for country, party in sorted(parties)]
        return [each for each in found if self._state.read(SESSIONS, each) is not None]

    def check_owner(self, country_code: str, party_id: str) -> None:
        """Refuse what is not the partner's.

        Raises:
            Unknown: the party is none of the partner's.
        """
        if not owns(self._credentials.value, country_code, party_id):
            raise Unknown("country_code, party_id: none of the roles given in the handshake")


def key_of(session: OcpiSession) -> str:
    """A session's name over all cases."""
    return key(session.country_code, session.party_id, session.id)
