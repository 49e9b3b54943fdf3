"""How people wrap a wish: greetings, courtesy, a yes or an oops ahead, idioms like doubts. Pure."""

import re
from typing import Final

from readyby.heard.phrases import any_of

_GREETING: Final = re.compile(
    r"^(?:(?:hi|hey|hello|hola)[ ,.]*)?(?:(?:good|gd|very good) (?:morning|afternoon|evening|night|day)|gm|"
    r"(?:muy )?buen[oa]s (?:dias|tardes|noches)|(?:[a-z]+ )?(?:morning|evening|"
    r"afternoon)(?= ?[,.]))\b(?:[ ,]|\.(?!\d))*"
)
_HELLO: Final = re.compile(
    r"^(?:(?:hi|hey|hello|hiya|hola|please|pls|plz|por favor|porfa)\b(?:[ ,]|\.(?!\d))*)+"
)
_COURTESY: Final = re.compile(
    r"(?:[ ,.]+(?:if you please|please|pls|plz|thanks|thank you|thx|ty|por favor|porfa|xfa|gracias))+[ .]*$"
)
_OPENING: Final = re.compile(
    r"^(?!no (?:\d+,? (?:sino|a las?|mejor)|a las? \d|llen|full))(?:no|nope|nah|wait|oops|whoops|sorry|"
    r"perdon|y|yes|yeah|yep|yup|yea|ok|okay|okey|kk|k|sure|si|claro|vale|venga|orale|bueno|va|sale|dale|"
    r"sure thing|great|perfect|perfecto|my (?:bad|mistake)|"
    r"scratch that|(?:i )?changed my mind|cambie de (?:opinion|idea)|me arrepenti|wrong (?:time|amount|day|"
    r"one)|lol|lmao|ha(?:ha)+|ja(?:ja)+|omg|ugh|nvm|nm|never ?mind|correction|typo|wrong|incorrect|update|"
    r"edit|"
    r"hold on|(?:cancel|forget) (?:that|it)|espera(?:te|me)?|espere(?:me)?|aguanta|actually|"
    r"(?:on )?second thoughts?|pensandolo bien|mejor dicho|siempre no|(?:same|lo mismo|igual)(?: (?:amount|"
    r"miles|thing|need))?(?:,? (?:but|pero))|hm+|uh+|um+|oh|ah|ay|eh|correccion|me equivoque|t?a bien|"
    r"esta bien)(?: ?[,.:-]+ ?| (?=\d|but|pero|at \d|by \d|a las? \d|(?:full|fill|fully|llen[oa]|max)\b|"
    r"make (?:it|"
    r"that)|it'?s|its|son|change|i meant|i mean|i leave|i'?m leaving|i said|espera|i told|i need|quise|"
    r"mejor|sorry|typo|wrong|my bad|scratch|nvm|never ?mind|no\b|wait|ok|so|then|just|actually))"
)
_SAME_BUT: Final = re.compile(
    r"^(?:(?:y|yes|yeah|yep|ok|okay|sure|si|claro|dale|va|same|the same|lo mismo|igual)(?: (?:please|thing|"
    r"time|need|amount|energy|charge|as (?:before|always|yesterday)|que (?:ayer|siempre)))* ?,? ?(?:but|"
    r"pero|solo que|"
    r"only|except) "
    r"|(?:the |las |los )?(?:same|mism[oa]s) (?:amount|need|energy|charge|miles|millas|kms?|"
    r"kwh) ?,? (?:but |pero |and |y )?)(?=\D{0,20}\d)"
)
"""What agrees to one half of an offer before it changes the other."""
_MOST_OPENINGS: Final = 4
_IDIOMS: Final = any_of("idioms")


def without_greeting(text: str) -> str:
    """The text without its greeting, whose "morning" is no time of day, and without a first yes or oops."""
    text = _COURTESY.sub("", text)
    text = _SAME_BUT.sub("", _GREETING.sub("", _HELLO.sub("", text)))
    for _ in range(_MOST_OPENINGS):
        text = _OPENING.sub("", text)
    return text


def without_phrases(text: str) -> str:
    """The text without idioms that would read as doubts, such as "no rush" or "at the latest"."""
    return " ".join(_IDIOMS.sub(" ", text).split())
