"""What happens when a driver texts: understood once, done through the drivers' desk, and said back in full.

The same desk serves the webhook and whatever else brings texts in; it sends nothing itself, it answers.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from readyby.messages import fullest
from readyby.replies import Command, Reply, Word, understand
from readyby.sms.dialogue import Dialogue, is_aside
from readyby.store.api import (
    ConfirmJoinByText,
    CountText,
    InboundText,
    JoinState,
    MarkAnswered,
    RecordInbound,
)
from readyby.web.driver import DriverDesk
from readyby.web.join.forms import read_code
from readyby.web.texts import translator


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """A text as a carrier hands it over; `carrier_answers` where it answers its own words itself.

    `opt_out` is what the carrier itself made of it, STOP, START or HELP: it may listen to words of its own.
    """

    message_sid: str
    phone: str
    body: str
    carrier_answers: bool = False
    opt_out: str = ""


@dataclass(frozen=True, slots=True)
class TextDesk:
    """Takes texts in, each once."""

    desk: DriverDesk

    def answer(self, text: TextMessage) -> str | None:
        """Do what a text asks for; the answer to send back, None for silence.

        Strangers get silence unless they confirm an enrollment, and so do a text that was delivered twice
        (I-29) and thanks, which are counted. STOP holds at once, before anything else is looked at (I-18).
        Two machines that answer each other end at the texts that are heard in a day (I-19).

        Raises:
            Unreachable, Busy: as the store; what was not done by then is done when the text comes again.
        """
        reply = self._reply(text)
        word = reply.word if isinstance(reply, Command) else None
        stops = {Word.STOP: True, Word.START: False}.get(word) if word else None
        now = self.desk.clock.now()
        inbound = self.desk.store.do(
            RecordInbound(message_sid=text.message_sid, phone=text.phone, at=now, stops=stops)
        )
        if not inbound.is_new:
            return None
        answer = self._do(text, reply, inbound)
        self.desk.store.do(MarkAnswered(message_sid=text.message_sid))
        return answer

    def _do(self, text: TextMessage, reply: Reply, inbound: InboundText) -> str | None:
        command = reply if isinstance(reply, Command) else None
        word = command.word if command else None
        joined = None if word in (Word.STOP, Word.START) else self._join(text, command, inbound)
        if not (inbound.known or joined):
            return None
        if word is not Word.STOP and self._counted(text.phone) > self.desk.settings.most_texts_heard:
            return None
        if not joined and is_aside(reply, agreed=not inbound.session_refs):
            return None
        answer = joined or self._answer(text, word, inbound)
        return None if command and command.by_carrier and text.carrier_answers else answer

    def _reply(self, text: TextMessage) -> Reply:
        """What a text means, as far as that needs no site; what the carrier heard counts first."""
        if text.opt_out in (Word.STOP.name, Word.START.name, Word.HELP.name):
            return Command(word=Word[text.opt_out], by_carrier=True)
        return understand(text.body, self.desk.clock.now(), ZoneInfo("UTC"))

    def _counted(self, phone: str) -> int:
        return self.desk.store.do(CountText(phone=phone, at=self.desk.clock.now()))

    def _answer(self, text: TextMessage, word: Word | None, inbound: InboundText) -> str | None:
        _ = translator(inbound.language)
        if word is Word.STOP:
            return self._say(
                _("You will get no more texts. Your car charges as usual. Text START to come back.")
            )
        if word is Word.START:
            return self._say(_("Welcome back. You get a text when you plug in. STOP to opt out."))
        return self._for_session(text, inbound)

    def _join(self, text: TextMessage, command: Command | None, inbound: InboundText) -> str | None:
        """The answer to a text that confirms an enrollment, None for any other.

        A plain yes of somebody whose car is plugged in is about that car: they have to give the code.
        """
        code = read_code(text.body)
        if not code and (inbound.session_refs or command is None or command.word is not Word.YES):
            return None
        now = self.desk.clock.now()
        step = self.desk.store.do(ConfirmJoinByText(phone=text.phone, code=code or None, at=now))
        _ = translator(inbound.language if inbound.known else step.language)
        if step.state is JoinState.DONE:
            text_said = _(
                "You take part: a text asks when you leave as soon as you plug in. "
                "HELP for help, STOP to opt out."
            )
            return self._say(text_said)
        if step.state is JoinState.WAITING:
            return self._say(_("Your number is confirmed. Please go on at the page where you began."))
        return None

    def _for_session(self, text: TextMessage, inbound: InboundText) -> str | None:
        _ = translator(inbound.language)
        if not inbound.session_refs:
            return self._say(_("No car of yours is plugged in here right now."))
        if len(inbound.session_refs) > 1:
            return self._say(
                _("More than one car is charging for you. Please use the links in their messages.")
            )
        return Dialogue(self.desk, inbound.session_refs[0], inbound.language, text.message_sid).answer(
            text.body
        )

    def _say(self, words_said: str) -> str:
        return fullest([f"{self.desk.settings.brand}: {words_said}"])
