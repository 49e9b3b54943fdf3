"""Which EVSEs have fallen silent, told to core so that it plans around them (I-5). Pure.

One is silent once the guard has not heard of it for too long, and heard of again after `READINGS_BACK`
readings without another silence between them, or when its car has left: so a meter that tells seldom, again
and again a little too late, is silent, and does not call for a plan each time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from readyby.exchange.adapter import Remark

READINGS_BACK: Final = 2


@dataclass(slots=True)
class _Silence:
    session_id: str | None
    readings: int = 0


@dataclass(slots=True)
class Hearing:
    """Remembers who is silent. `silent` is what core is told."""

    _silent: dict[str, _Silence] = field(default_factory=dict)

    @property
    def silent(self) -> tuple[str, ...]:
        return tuple(sorted(self._silent))

    def look(
        self,
        unheard: Mapping[str, str | None],
        present: Mapping[str, str | None],
        read: Iterable[str],
    ) -> list[Remark]:
        """What changed.

        `unheard` are the EVSEs not heard of for too long, `present` all EVSEs, each with its session;
        `read` those of which a reading was believed just now, each as often as that was so.
        """
        found = []
        for evse_id in read:
            if evse_id in self._silent:
                self._silent[evse_id].readings += 1
        for evse_id, silence in list(self._silent.items()):
            if evse_id in unheard:
                silence.readings = 0
            elif silence.readings >= READINGS_BACK or present.get(evse_id) != silence.session_id:
                del self._silent[evse_id]
                found.append(_heard_again(evse_id, present.get(evse_id)))
        for evse_id, session_id in unheard.items():
            if evse_id not in self._silent:
                self._silent[evse_id] = _Silence(session_id)
                found.append(_fell_silent(evse_id, session_id))
        return found


def _fell_silent(evse_id: str, session_id: str | None) -> Remark:
    return Remark(
        kind="silent_evse",
        evse_id=evse_id,
        session_id=session_id,
        action="counted",
        detail="no meter value to believe: it counts at its maximum, and is planned around",
    )


def _heard_again(evse_id: str, session_id: str | None) -> Remark:
    return Remark(
        kind="heard_again",
        evse_id=evse_id,
        session_id=session_id,
        detail="its meter tells again, or its car has left: it is planned as before",
        alarm=False,
    )
