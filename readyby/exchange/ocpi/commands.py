"""Setpoints to a partner as charging profiles, and its EVSEs' word of them.

A command's result comes later, to a response_url that carries a key nobody can guess. The key is the
command's own, so that a result finds its command after any restart, late or twice.
"""

import hmac
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from queue import Empty, SimpleQueue
from secrets import token_hex
from threading import Lock
from time import monotonic
from typing import Final
from urllib.parse import quote

from readyby.errors import BadInput, Busy, ReadyByError, Unreachable
from readyby.exchange.adapter import STRANGE, Active, Setpoint, Verdict, Word
from readyby.exchange.network_news import sent_each, word_on
from readyby.exchange.network_state import Sent
from readyby.exchange.ocpi.credentials import counterpart
from readyby.exchange.ocpi.evses import EvseBook, KnownEvse
from readyby.exchange.ocpi.http import Refused, Unauthorized
from readyby.exchange.ocpi.objects import fields_of, text
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.profiles import (
    Held,
    charging_profile,
    held_command,
    is_limited,
    parse_active_profile,
    parse_profile,
)
from readyby.exchange.ocpi.roll import Roll
from readyby.exchange.ocpi.wire import BadMessage, instant

MODULE: Final = "chargingprofiles"
BEGAN_AT: Final = "began_at"
"""Since when the state knows of commands."""
READ_FOR: Final = timedelta(minutes=15)
_SYNC: Final = {
    "ACCEPTED": Verdict.ACCEPTED,
    "TOO_OFTEN": Verdict.TOO_OFTEN,
    "REJECTED": Verdict.REJECTED,
    "NOT_SUPPORTED": Verdict.REJECTED,
    "UNKNOWN_SESSION": Verdict.REJECTED,
}


class Commands:
    """The way of commands to one partner and back. Synchronous; calls come from several threads."""

    def __init__(
        self, partner: Partner, evses: EvseBook, roll: Roll, learn_evses: Callable[[], None]
    ) -> None:
        self._partner, self._evses, self._roll = partner, evses, roll
        self._learn_evses = learn_evses
        self._settings, self._state = partner.settings, partner.state
        self._credentials, self._http, self._now = partner.credentials, partner.http, partner.now
        self._waiting: dict[str, SimpleQueue[object]] = {}
        self._lock = Lock()

    # --- to the partner -------------------------------------------------------------------------------

    def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        """Send commands; those without a word had no answer.

        Raises:
            Unreachable: none had an answer. Unauthorized: the partner does not know us.
        """
        return sent_each(setpoints, self._send)

    def _send(self, setpoint: Setpoint) -> Word:
        session_key, ocpi_id = self._roll.locate(setpoint.session_id)
        evse = self._evse(setpoint.evse_id)
        objection = self._objection(setpoint, session_key, evse)
        if evse is None or objection:
            return word_on(setpoint, Verdict.REJECTED, objection)
        try:
            answer = self._call(setpoint, evse, session_key, ocpi_id)
        except BadInput as error:
            return word_on(setpoint, Verdict.REJECTED, str(error))
        except Busy as error:
            return word_on(setpoint, Verdict.TOO_OFTEN, str(error), error.retry_after_s)
        except Unauthorized:
            raise
        except Refused as error:
            return word_on(setpoint, Verdict.REJECTED, str(error))
        verdict, result = _sync_verdict(answer)
        if verdict is Verdict.ACCEPTED and not self._settings.dialect.sends_results:
            verdict = Verdict.APPLIED
        return word_on(
            setpoint,
            verdict,
            "" if verdict is not Verdict.REJECTED else f"{self._settings.name} says {result}",
        )

    def _evse(self, evse_id: str) -> KnownEvse | None:
        """An EVSE of ours; the partner's locations are read where it is not known."""
        evse = self._evses.by_name(evse_id)
        if evse is None:
            self._learn_evses()
        return evse or self._evses.by_name(evse_id)

    def _objection(self, setpoint: Setpoint, session_key: str, evse: KnownEvse | None) -> str:
        """Why a command is not sent; empty where it is. OCPI orders nothing: ranks are kept here (I-20)."""
        if evse is None:
            return f"evse_id: {setpoint.evse_id!r} is not among the partner's locations"
        at = self._roll.evse_of(session_key)
        if at is not None and at.evse_id != evse.evse_id:
            return f"session_id: {setpoint.session_id!r} is at EVSE {at.evse_id}, not at {evse.evse_id}"
        if any(sent.rank > setpoint.rank for sent in self._state.commands(session_key)):
            return "rank: a command of a higher rank was sent for the session"
        return ""

    def _call(self, setpoint: Setpoint, evse: KnownEvse, session_key: str, ocpi_id: str) -> object:
        dialect = self._settings.dialect
        profile = None
        if not setpoint.is_release:
            profile = charging_profile(
                setpoint,
                evse.rating(self._settings),
                self._now(),
                takes_zero=dialect.takes_zero,
                duration_s=dialect.profile_duration_s,
            )
        result_key = self._result_key(setpoint.command_id)
        sent = Sent(
            command_id=setpoint.command_id,
            session_key=session_key,
            profile=profile,
            sent_at=self._now(),
            rank=setpoint.rank,
        )
        self._state.keep_command(result_key, sent)
        url, response_url = self._url(ocpi_id), self._response_url(result_key)
        to = counterpart(self._credentials.value)
        if profile is None:
            return self._http.call("DELETE", url, params={"response_url": response_url}, to=to).data
        body = {"charging_profile": profile, "response_url": response_url}
        return self._http.call("PUT", url, body=body, to=to).data

    def _url(self, ocpi_id: str) -> str:
        base = self._partner.endpoint(MODULE, "RECEIVER")
        slash = "/" if self._settings.dialect.slash_before_id and not base.endswith("/") else ""
        return f"{base}{slash}{quote(ocpi_id, safe='')}"

    def _response_url(self, result_key: str) -> str:
        return f"{self._settings.public_url}/2.2.1/{MODULE}/results/{result_key}"

    def _result_key(self, command_id: str) -> str:
        return hmac.new(self._state.secret, command_id.encode(), sha256).hexdigest()[:32]

    # --- back from the partner ------------------------------------------------------------------------

    def take_result(self, result_key: str, value: object) -> bool:
        """Take a result that was posted to a response_url; whether anybody waits, or waited, for it.

        Raises:
            BadMessage: it is no result.
        """
        result = text(fields_of(value, "result"), "result")
        with self._lock:
            queue = self._waiting.get(result_key)
        if queue is not None:
            queue.put(value)
            return True
        sent = self._state.command(result_key)
        if sent is None:
            return False
        if result in ("ACCEPTED", "REJECTED"):
            self._tell(sent.command_id, applied=result == "ACCEPTED")
        elif result != "UNKNOWN":
            raise BadMessage("result: not one of ACCEPTED, REJECTED, UNKNOWN")
        return True

    def _tell(self, command_id: str, *, applied: bool) -> None:
        verdict = Verdict.APPLIED if applied else Verdict.REJECTED
        reason = "" if applied else "the EVSE refused it"
        word = {"command_id": command_id, "verdict": verdict, "reason": reason}
        self._state.tell_word(self._result_key(command_id), word)

    def take_active_profile(self, ocpi_id: str, value: object) -> bool:
        """Take an ActiveChargingProfile that a partner pushed: it may show that a command is in force.

        Whether the session is known here.

        Raises:
            BadMessage: it cannot be read.
        """
        keys = self._roll.keys_of(ocpi_id)
        for session_key in keys:
            evse = self._roll.evse_of(session_key)
            sent = self._state.commands(session_key)
            if evse is None:
                continue
            active = parse_active_profile(value, evse.rating(self._settings))
            held = self._held(active, sent, evse)
            if sent and held == sent[-1].command_id:
                self._tell(held, applied=True)
        return bool(keys)

    # --- what EVSEs hold ------------------------------------------------------------------------------

    def read_active(
        self, evse_ids: Sequence[str], holders: Callable[[str], str | None]
    ) -> tuple[Active, ...]:
        """What EVSEs hold by the partner's word; those it says nothing of in time are left out.

        `holders` gives the session key at an EVSE, None where nobody is.

        Raises:
            Unreachable: it says nothing of any. Others as OcpiHttp.
        """
        end_s = monotonic() + self._settings.deadline_s
        found: list[Active] = []
        asked: list[tuple[str, KnownEvse, list[Sent]]] = []
        for evse_id in evse_ids:
            evse, session_key = self._evses.by_name(evse_id), holders(evse_id)
            sent = self._state.commands(session_key) if session_key else []
            if evse is None or session_key is None or not (sent or self._is_from_before(session_key)):
                found.append(Active(evse_id=evse_id, command_id=None))
            else:
                asked.append((session_key, evse, sent))
        faults = self._ask(asked, end_s, found)
        if faults and not found:
            raise faults[0]
        return tuple(found)

    def _is_from_before(self, session_key: str) -> bool:
        """Whether a session began before this state: a lost one may have known of commands to it."""
        began_at, session = self._state.fact(BEGAN_AT), self._roll.session(session_key)
        return (
            began_at is not None and session is not None and session.started_at < instant(began_at, BEGAN_AT)
        )

    def _ask(
        self, asked: Sequence[tuple[str, KnownEvse, list[Sent]]], end_s: float, found: list[Active]
    ) -> list[ReadyByError]:
        keys = [token_hex(16) for _ in asked]
        with self._lock:
            self._waiting.update((each, SimpleQueue()) for each in keys)
        faults: list[ReadyByError] = []
        try:
            with ThreadPoolExecutor(self._settings.max_calls) as pool:
                calls = [
                    pool.submit(self._request_active, session_key, request_key)
                    for (session_key, _, _), request_key in zip(asked, keys, strict=True)
                ]
            for (_, evse, sent), request_key, call in zip(asked, keys, calls, strict=True):
                error = call.exception()
                if isinstance(error, ReadyByError):
                    faults.append(error)
                    continue
                if error is not None:
                    raise error
                held = self._await_active(request_key, evse, sent, end_s, is_coming=call.result())
                if held is None:
                    faults.append(Unreachable(f"{self._settings.name} did not say what EVSEs hold"))
                else:
                    found.append(held)
        finally:
            with self._lock:
                for each in keys:
                    del self._waiting[each]
        return faults

    def _request_active(self, session_key: str, request_key: str) -> bool:
        """Ask for a session's active profile; whether it will be told."""
        kept = self._roll.ocpi_id(session_key)
        params = {
            "duration": str(int(READ_FOR.total_seconds())),
            "response_url": self._response_url(request_key),
        }
        answer = self._http.call(
            "GET", self._url(kept), params=params, to=counterpart(self._credentials.value)
        )
        return _sync_verdict(answer.data)[0] is Verdict.ACCEPTED

    def _await_active(
        self, request_key: str, evse: KnownEvse, sent: list[Sent], end_s: float, *, is_coming: bool
    ) -> Active | None:
        if not is_coming:
            return None
        try:
            value = self._waiting[request_key].get(timeout=max(0.0, end_s - monotonic()))
            fields = fields_of(value, "result")
            if fields.get("result") != "ACCEPTED":
                return None
            active = parse_active_profile(fields.get("profile"), evse.rating(self._settings))
        except (Empty, BadMessage):
            return None
        return Active(evse_id=evse.evse_id, command_id=self._held(active, sent, evse))

    def _held(self, active: Held, sent: Sequence[Sent], evse: KnownEvse) -> str | None:
        """Which command an active profile shows; a release shows in that no command does.

        Where none was sent, one that limits to anything but the standing cap is nobody's here.
        """
        rating, now = evse.rating(self._settings), self._now()
        if not sent:
            return STRANGE if is_limited(active, rating, now, now + READ_FOR) else None
        told = [(each.command_id, parse_profile(each.profile, rating)) for each in sent if each.profile]
        newest = sent[-1] if sent else None
        is_released = newest is not None and newest.profile is None
        held = held_command(active, told, rating, now, now + READ_FOR, exactly=is_released)
        return newest.command_id if newest is not None and is_released and held is None else held


def _sync_verdict(value: object) -> tuple[Verdict, str]:
    """The partner's own answer: that it will try. An answer in no form of OCPI's is none.

    Raises:
        Unreachable: it cannot be read.
    """
    try:
        result = text(fields_of(value, "data"), "result")
        return _SYNC[result], result
    except (BadMessage, KeyError):
        raise Unreachable("the answer to a charging profile is none of OCPI's results") from None
