"""Which showing of a time is meant on an autumn night, when the clock shows an hour twice. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_AHEAD: Final = timedelta(hours=36)
_CHANGE: Final = (
    r"(?:we |they |it )?(?:(?:the )?(?:clocks?|time|hour|dst|daylight savings?(?: time)?)(?: (?:change|"
    r"switch|"
    r"go|fall|move|spring|roll)\w*(?: back| forward| ahead)?)?|fall(?:s|ing)? back|(?:the )?fall back|"
    r"spring(?:ing)? forward|"
    r"(?:the )?(?:change|switch)|(?:el )?cambio(?: de (?:la )?(?:hora|horario))?|"
    r"(?:que )?(?:se )?(?:cambi|atras)\w+ (?:la hora|"
    r"el reloj|el horario|los relojes)|(?:it |se )?(?:repeats|repite|repita)(?: la hora)?)"
)
_NTH: Final = r"(?: (?:one|1|time(?: around| through)?|vez|\d:\d\d hour))?"
_NTH_SAID: Final = r" (?:one|1|time(?: around| through)?(?! here| using| user| doing| on)|vez)"
_DENIED: Final = re.compile(
    rf",? ?\b(?:not|no|y no) (?:the |la )?(?:first|1st|primera|second|2nd|segunda){_NTH}\b"
)
_SECOND: Final = re.compile(
    rf"\b(?:the )?(?:second|2nd)(?: (?=1[: ap])|{_NTH_SAID}\b)|\bthe (?:later|last)(?: (?=1[: ])| (?:one|"
    rf"1)\b)|\bla segunda(?: (?=1[: ])|{_NTH}\b)|"
    rf"\b(?:in )?pst\b|"
    r"\b(?:in )?(?:standard|winter|new) time\b(?! ?:)|\b(?:de la |en la |con la )?(?:hora nueva|nueva hora|"
    r"hora de invierno|hora estandar|"
    r"horario de invierno|"
    rf"horario nuevo)\b|(?<!hour )(?<!hours )(?<!min )(?<!minutes )\b(?:after|once|when) {_CHANGE}|"
    rf"\b(?:(?:ya )?despues|cuando(?: ya)?|ya con|"
    rf"luego) (?:de |del )?(?:que )?{_CHANGE}"
)
_FIRST: Final = re.compile(
    rf"\b(?:the )?(?:first|1st)(?: (?=1[: ap])|{_NTH_SAID}\b)|\bla primera(?: (?=1[: ])|{_NTH}\b)|"
    rf"\b(?:in )?pdt\b|"
    r"\b(?:in )?(?:daylight(?: savings?)?|summer|old) time\b|\b(?:de la |en la |con la )?(?:hora vieja|"
    r"hora de verano|horario de verano|hora de antes)\b|"
    rf"\b(?:before|antes)(?: de| del)?(?: que)? {_CHANGE}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Whether a text speaks of a time's second showing, and the text without the words for either."""

    is_second: bool
    rest: str


def find_showing(text: str, now: datetime, zone: ZoneInfo) -> Showing:
    """What a plain text says of the change of clocks, where one is ahead within a day and a half."""
    if now.astimezone(zone).utcoffset() == (now.astimezone(UTC) + _AHEAD).astimezone(zone).utcoffset():
        return Showing(is_second=False, rest=text)
    text = _DENIED.sub("", text)
    is_second = bool(_SECOND.search(text)) and not _FIRST.search(text)
    return Showing(is_second=is_second, rest=" ".join(_FIRST.sub(" ", _SECOND.sub(" ", text)).split()))


def second_showing(at: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant at which the site's clock shows the time of `at` once more, None where it does not."""
    shown = at.astimezone(zone)
    again = datetime.combine(shown.date(), time(shown.hour, shown.minute, fold=1), zone).astimezone(UTC)
    return again if again > at else None
