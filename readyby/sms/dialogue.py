"""One text of a driver about one charging session: understood, done, and said back in full."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from readyby import words
from readyby.energy import miles_of_km
from readyby.errors import BadInput, Conflict
from readyby.heard.amount import Amount
from readyby.messages import fullest
from readyby.model import Channel, RequestId, RequestKind, SessionRef
from readyby.replies import Aside, Command, Question, Reply, Request, Word, understand
from readyby.requests import LEAST_STAY, MOST_KWH
from readyby.store.api import AcceptedRequest, HalfWish, KeepHalf, QueueMessage, ReadHalf
from readyby.web.driver import DriverDesk, Wish
from readyby.web.texts import translator
from readyby.web.view import amount_in_full, describe, preferred_unit

LINK_LIFE = timedelta(minutes=15)
HOURS, LEAST_CLOCK = 24, 100
"""Figures between these are no time of day; 100 may be one o'clock."""
HALF_REMEMBERED = timedelta(minutes=30)
"""After so long the other half is asked for anew: who texts "40 miles" then may mean another departure."""


class Dialogue:
    """One text about one session, answered in the driver's language."""

    def __init__(self, desk: DriverDesk, session_ref: SessionRef, language: str, message_sid: str) -> None:
        self._desk, self._message_sid, self._session_ref = desk, message_sid, session_ref
        self._status = desk.read(session_ref)
        self._language = words.spoken_language(language)
        self._zone = ZoneInfo(self._status.site.time_zone)
        self._now = desk.clock.now()
        self._ = translator(self._language)

    def answer(self, body: str) -> str | None:
        """Do what the text asks for; the answer, None where nobody waits for one.

        Raises Unreachable, Busy as the store: nothing was done.
        """
        reply = understand(body, self._now, self._zone)
        if is_aside(reply, agreed=self._status.last_request is not None):
            return None
        try:
            return self._say(self._act(reply))
        except BadInput as error:
            return self._say(self._refusal(error))
        except Conflict:
            return self._say(self._("This charging session has ended."))

    def _act(self, reply: Reply) -> str:
        if isinstance(reply, Request):
            return self._request(reply)
        if isinstance(reply, Question):
            return self._answered(reply.figure) or self._ask(reply.about)
        if not isinstance(reply, Command):
            return self._help(understood=isinstance(reply, Aside))
        acts: dict[Word, Callable[[], str]] = {
            Word.NOW: self._charge_now,
            Word.OFF: self._release,
            Word.STATUS: self._tell_status,
            Word.LINK: self._send_link,
            Word.YES: self._confirm,
            Word.NO: self._undo,
        }
        return acts.get(reply.word, self._help)()

    def _request(self, reply: Request) -> str:
        """A wish in full, its missing half taken from the request in force."""
        in_force = self._need_in_force()
        half = None if in_force else self._half_heard()
        departure_at = reply.departure.at if reply.departure else _first(in_force, half).departure_at
        amount = reply.amount or (_amount_of(half) if half else None)
        if departure_at is not None and amount:
            wish = self._wish(amount, departure_at)
        elif departure_at is not None and in_force:
            wish = _moved(in_force, departure_at)
        else:
            return self._keep_half(departure_at, amount)
        self._submit(wish)
        return self._echo(wish, full=bool(amount and amount.unit == "full"))

    def _answered(self, figure: float | None) -> str | None:
        """What follows from a lone figure where only the need can be meant: it is that, in miles.

        So it is where the need was just asked for, and where one holds and no clock shows the figure.
        """
        if figure is None:
            return None
        half = None if self._need_in_force() else self._half_heard()
        awaited = half is not None and half.departure_at is not None and half.amount is None
        changed = self._need_in_force() is not None and HOURS < figure < LEAST_CLOCK
        return self._request(Request(amount=Amount(value=figure, unit="mi"))) if awaited or changed else None

    def _half_heard(self) -> HalfWish | None:
        """Half a wish of a little while ago; a departure that is hardly ahead any more is none."""
        half = self._desk.store.ask(
            ReadHalf(session_ref=self._session_ref, since=self._now - HALF_REMEMBERED)
        )
        gone = half and half.departure_at and half.departure_at < self._now + LEAST_STAY
        return None if gone else half

    def _keep_half(self, departure_at: datetime | None, amount: Amount | None) -> str:
        """Remember the half that was said, and ask for the other."""
        half = HalfWish(
            departure_at=departure_at,
            amount=amount.value if amount else None,
            unit=amount.unit if amount else None,
        )
        self._desk.store.do(KeepHalf(session_ref=self._session_ref, half=half, at=self._now))
        if amount:
            return self._('{amount}, noted. When do you leave? Reply like "5:30pm".').format(
                amount=self._amount_said(amount)
            )
        when = words.when(departure_at, self._zone, self._language) if departure_at else ""
        return self._('{when}, noted. How much do you need? Reply like "40mi", "12kwh" or FULL.').format(
            when=when
        )

    def _amount_said(self, amount: Amount) -> str:
        if amount.unit == "full":
            return self._("Full")
        if amount.unit == "kwh":
            return words.energy(amount.value)
        return f"{amount.value:g} {amount.unit}"

    def _need_in_force(self) -> AcceptedRequest | None:
        last = self._status.last_request
        return last if last and last.kind is RequestKind.NEED else None

    def _wish(self, amount: Amount, departure_at: datetime) -> Wish:
        if amount.unit in ("kwh", "full"):
            energy_kwh = amount.value if amount.unit == "kwh" else self._most_kwh(departure_at)
            return Wish(kind=RequestKind.NEED, departure_at=departure_at, energy_need_kwh=energy_kwh)
        distance_mi = round(miles_of_km(amount.value), 2) if amount.unit == "km" else amount.value
        return Wish(kind=RequestKind.NEED, departure_at=departure_at, distance_mi=distance_mi)

    def _most_kwh(self, departure_at: datetime) -> float:
        """What "full" can come to: what the EVSE gives until then at most. The car itself stops when full."""
        evse = next(
            (evse for evse in self._status.site.evses if evse.evse_id == self._status.session.evse_id), None
        )
        stay_h = max(0.0, (departure_at - self._now).total_seconds() / 3600)
        most_kwh = self._status.session.delivered_kwh + stay_h * (evse.max_kw if evse else 0.0)
        return round(min(MOST_KWH, max(most_kwh, 0.1)), 1)

    def _echo(self, wish: Wish, *, full: bool) -> str:
        request = self._desk.judge(self._status, wish)
        if request.departure_at is None or request.energy_need_kwh is None:
            return ""
        unit = "mi" if request.distance_mi is not None else "kwh"
        amount = amount_in_full(request.energy_need_kwh, unit, self._status.wh_per_mi)
        if full:
            amount = self._("as full as it gets (up to {energy})").format(
                energy=words.energy(request.energy_need_kwh)
            )
        return self._("Got it: {amount} by {when}. Not right? Just text again. NOW charges at once.").format(
            amount=amount, when=words.when(request.departure_at, self._zone, self._language)
        )

    def _charge_now(self) -> str:
        self._submit(Wish(kind=RequestKind.CHARGE_NOW))
        return self._("Charging at once, as fast as the site allows. Text a time and miles to plan again.")

    def _release(self) -> str:
        self._submit(Wish(kind=RequestKind.RELEASE))
        return self._("We have let go: your car charges as usual. Text a time and miles to plan again.")

    def _tell_status(self) -> str:
        view = describe(self._status, self._now, self._language, self._)
        parts = [view.headline, view.progress.text if view.progress else "", view.activity]
        return ". ".join(part for part in parts if part) + "."

    def _send_link(self) -> str:
        self._desk.store.do(
            QueueMessage(
                session_id=self._status.session.session_id,
                kind="link",
                marker=f"link:{self._request_id()}",
                arguments={},
                at=self._now,
                not_after=self._now + LINK_LIFE,
            )
        )
        return self._("Your link is on its way.")

    def _confirm(self) -> str:
        """Yes to what is in force, else to what was asked for the last time; else to nothing."""
        last = self._status.last_request
        if last is None:
            return self._same_again()
        if last.energy_need_kwh is None or last.departure_at is None:
            return self._help()
        return self._("Fine: {amount} by {when} it is.").format(
            amount=amount_in_full(last.energy_need_kwh, preferred_unit(last), self._status.wh_per_mi),
            when=words.when(last.departure_at, self._zone, self._language),
        )

    def _same_again(self) -> str:
        wish = self._desk.same_again(self._status)
        if wish is None:
            return self._help()
        self._submit(wish)
        return self._echo(wish, full=False)

    def _undo(self) -> str:
        """Back to what held before the newest word; before the first a no declines, and silence follows."""
        if self._status.last_request is None:
            self._submit(Wish(kind=RequestKind.RELEASE))
            return self._(
                "Fine, your car charges as usual, and we leave you in peace for this stay. "
                "Text a time and miles to plan after all."
            )
        wish = self._desk.wish_before(self._status)
        self._submit(wish)
        if wish.kind is RequestKind.CHARGE_NOW:
            return self._("Undone. Charging at once, as fast as the site allows.")
        if wish.kind is RequestKind.RELEASE:
            return self._("Undone: your car charges as usual. Text a time and miles to plan again.")
        return self._("Undone.") + " " + self._echo(wish, full=False)

    def _help(self, *, understood: bool = True) -> str:
        text = self._(
            'Text when you leave and what you need, like "5:30pm 40mi". Or NOW, NO, STATUS, LINK, OFF, STOP.'
        )
        return text if understood else self._("Sorry, not understood.") + " " + text

    def _ask(self, about: str) -> str:
        _ = self._
        questions = {
            "past": _('That time is past. When do you leave? Reply with day and time, like "tomorrow 7am".'),
            "too_soon": _(
                "That is less than 20 minutes away. To charge right now reply NOW, or give a later time."
            ),
            "need_or_time": _('Is that what you need, or the time? Reply like "5:30pm 40mi".'),
            "two_times": _('Which number is the time, which the need? Reply like "5:30pm 40mi".'),
            "two_amounts": _('Two amounts were in there. Reply with one, like "5:30pm 40mi".'),
            "which_half": _('Morning or evening? Reply like "tomorrow 6am" or "tomorrow 6pm".'),
            "skipped": _("The clocks change that night and skip that time. Please give another."),
            "which_hour": _('At what time? Reply like "tomorrow 7am".'),
            "percent": _("The charger cannot see your battery. Please give miles or kWh, or FULL."),
            "absurd": _("That is more than a car can take. Please check the amount."),
        }
        return questions.get(about, _('When do you leave? Reply like "5:30pm 40mi".'))

    def _refusal(self, error: BadInput) -> str:
        if error.field.startswith("departure"):
            return self._("That time does not work: {remedy}.").format(remedy=self._(error.remedy))
        return self._ask("absurd")

    def _submit(self, wish: Wish) -> None:
        self._desk.submit(self._status, wish, self._request_id(), Channel.SMS)

    def _request_id(self) -> RequestId:
        """One text, one request: the id follows from the carrier's id of the message."""
        return RequestId("sms-" + hashlib.sha256(self._message_sid.encode()).hexdigest()[:24])

    def _say(self, text: str) -> str:
        return fullest([f"{self._desk.settings.brand}: {text}"])


def is_aside(reply: Reply, *, agreed: bool) -> bool:
    """Whether silence is the answer; an ok says something only while nothing is `agreed`."""
    if isinstance(reply, Aside):
        return agreed or not reply.agrees
    return isinstance(reply, Command) and reply.mild and agreed


def _first(in_force: AcceptedRequest | None, half: HalfWish | None) -> AcceptedRequest | HalfWish:
    return in_force or half or HalfWish()


def _amount_of(half: HalfWish) -> Amount | None:
    if half.amount is None or half.unit is None:
        return None
    return Amount(value=half.amount, unit=half.unit)


def _moved(request: AcceptedRequest, departure_at: datetime) -> Wish:
    """The same need by another time."""
    in_miles = request.distance_mi is not None
    return Wish(
        kind=RequestKind.NEED,
        departure_at=departure_at,
        energy_need_kwh=None if in_miles else request.energy_need_kwh,
        distance_mi=request.distance_mi,
    )
