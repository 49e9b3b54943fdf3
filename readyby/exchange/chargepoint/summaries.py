"""Finished sessions as the service summarizes them: what puts right what readings saw of a session.

A summary comes some time after its session, again and again in each reading that reaches back so far. One
whose session nobody saw is history.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element, tostring

from readyby.exchange.adapter import Remark
from readyby.exchange.chargepoint.objects import PortKey, Summary, read_summary
from readyby.exchange.chargepoint.stays import MODULE, Body, Place, Stays
from readyby.exchange.chargepoint.wire import BadDocument

LATE: Final = timedelta(minutes=30)
ENERGY_MARGIN: Final = 1.25
ENERGY_SLACK_KWH: Final = 0.5


class Summaries:
    """Takes summaries into the sessions of `stays`. A session's begin may be seen `lag` too early."""

    def __init__(self, stays: Stays, now: Callable[[], datetime], lag: timedelta) -> None:
        self._stays, self._state, self._now, self._lag = stays, stays.state, now, lag

    def take(self, records: Iterable[Element]) -> None:
        """Take in finished sessions; each once, however often it is told."""
        with self._state.writing():
            kept: dict[PortKey, list[Body]] = {}
            for each in self._state.read_all(MODULE):
                kept.setdefault((str(each.body["station"]), str(each.body["port"])), []).append(each.body)
            for record in records:
                try:
                    summary = read_summary(record)
                except BadDocument as error:
                    self._reject(record, str(error))
                    continue
                if summary.key in self._stays.places:
                    self._take_summary(summary, kept.setdefault(summary.key, []))

    def _take_summary(self, summary: Summary, kept: list[Body]) -> None:
        if any(body.get("summary") == summary.number for body in kept):
            return
        place = self._stays.places[summary.key]
        found = self._matching(summary, kept)
        if found is None:
            self._tell_history(place, summary, kept)
            return
        stay = self._stays.open.get(place.evse_id)
        if stay is not None and stay.session_id == found["record"]["session_id"]:
            self._stays.end(stay, summary.ended_at)
            found["record"] = stay.record
        started_at = datetime.fromisoformat(found["record"]["started_at"])
        if started_at - summary.started_at > LATE:
            detail = "it began long before it was seen"
            self._stays.remark("late_start", place, found["record"]["session_id"], detail)
        found["summary"] = summary.number
        found["record"] = {
            **found["record"],
            "ended_at": max(summary.ended_at, started_at).isoformat(),
            "energy_kwh": self._energy_kwh(place, summary, found["record"]),
            "last_updated": self._now().isoformat(),
        }
        self._stays.keep_body(found["record"]["session_id"], found, ended=True)
        self._state.tell([("session", found["record"])])

    def _matching(self, summary: Summary, kept: list[Body]) -> Body | None:
        """The session that a summary is of: the last one that was seen to begin within it."""
        exact = [body for body in kept if body["session_no"] == summary.number]
        first = summary.started_at - self._lag
        within = [
            body
            for body in kept
            if body["session_no"] is None
            and body.get("summary") is None
            and first <= datetime.fromisoformat(body["record"]["started_at"]) <= summary.ended_at
        ]
        return max(exact or within, key=lambda body: str(body["record"]["started_at"]), default=None)

    def _energy_kwh(self, place: Place, summary: Summary, record: Mapping[str, object]) -> object:
        """A summary's energy, where the EVSE could have delivered it; else what the readings add up to."""
        hours = (summary.ended_at - summary.started_at) / timedelta(hours=1)
        most_kwh = place.evse.max_kw * hours * ENERGY_MARGIN + ENERGY_SLACK_KWH
        if summary.energy_kwh is not None and 0 <= summary.energy_kwh <= most_kwh:
            return round(summary.energy_kwh, 4)
        detail = "its summary tells an energy that the EVSE cannot have delivered"
        self._stays.remark("implausible_energy", place, str(record["session_id"]), detail, "quarantined")
        return record["energy_kwh"]

    def _tell_history(self, place: Place, summary: Summary, kept: list[Body]) -> None:
        """A session that nobody saw: stored, and starts nothing."""
        record: dict[str, object] = {
            "session_id": summary.number,
            "site_id": place.site_id,
            "evse_id": place.evse_id,
            "token_uid": self._stays.token_of(summary.user, summary.credential),
            "status": "COMPLETED",
            "started_at": summary.started_at.isoformat(),
            "ended_at": summary.ended_at.isoformat(),
            "energy_kwh": 0.0,
            "last_updated": summary.ended_at.isoformat(),
            "live": False,
        }
        record["energy_kwh"] = self._energy_kwh(place, summary, record)
        body = {
            "station": place.key[0],
            "port": place.key[1],
            "record": record,
            "user": summary.user,
            "credential": summary.credential,
            "session_no": summary.number,
            "energy_kwh": 0.0,
            "summary": summary.number,
        }
        kept.append(body)
        self._stays.keep_body(summary.number, body, ended=True)
        self._state.tell([("session", record)])

    def _reject(self, record: Element, reason: str) -> None:
        if self._state.reject("getChargingSessionData", reason, tostring(record), self._now()):
            self._stays.remarks.append(Remark(kind="unreadable_session", action="quarantined", detail=reason))
