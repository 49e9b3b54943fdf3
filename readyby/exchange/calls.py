"""Commands on their way to a network, so many calls at once, and what became of them."""

from collections.abc import Callable, Sequence

from readyby.envelope import us
from readyby.errors import Busy, Permanent, Transient
from readyby.exchange.adapter import Adapter, Verdict, Word
from readyby.exchange.commands import Command, Moment
from readyby.exchange.executor import SiteExecutor
from readyby.exchange.turns import Turns


class Calls:
    """The calls to one network. `moment` gives now."""

    def __init__(self, adapter: Adapter, moment: Callable[[], Moment]) -> None:
        self._adapter, self._moment = adapter, moment
        self._turns = Turns(adapter.capabilities.max_calls)

    async def submit(self, site: SiteExecutor, commands: Sequence[Command]) -> None:
        """Send commands of a site in one call, and tell the site what came of each.

        Where more wait than may leave, lower power leaves first, also before what has waited longer.
        """
        names = [command.command_id for command in commands]
        now_us = us(self._moment().at)
        try:
            async with self._turns.turn(max(command.schedule.at(now_us) for command in commands)):
                words = await self._adapter.submit([command.setpoint for command in commands])
        except Busy as error:
            site.note_answers([_too_often(name, error) for name in names], self._moment())
        except Transient as error:
            site.note_unknown(names, str(error), self._moment())
        except Permanent as error:
            site.note_failed(names, str(error), self._moment())
        else:
            site.note_answers(words, self._moment())
            if unanswered := set(names) - {word.command_id for word in words}:
                site.note_unknown(sorted(unanswered), "the network did not answer for it", self._moment())


def _too_often(name: str, error: Busy) -> Word:
    return Word(
        command_id=name,
        verdict=Verdict.TOO_OFTEN,
        reason=str(error),
        retry_after_s=error.retry_after_s,
    )
