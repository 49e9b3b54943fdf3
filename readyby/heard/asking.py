"""A driver's question about how far the car is, which its status answers. Pure."""

import re
from typing import Final

_CAR: Final = (
    r"(?:it|she|he|car|ev|we|i|you|u|vehicle|ride|tesla|leaf|bolt|truck|suv|battery|charge|charging|"
    r"(?:la )?bateria|auto|carro|coche)"
)
_STATE: Final = r"(?:done|ready|charged|full|finished|complete|fully|charging|good to go)"
_STATUS: Final = re.compile(
    rf"\b(?:is|are|r) (?:my |the |our )*{_CAR}(?: \w+)? {_STATE}\b"
    rf"|^(?:all )?(?:{_STATE}) (?:yet|now)\b|^(?:almost |nearly |u |you |it |all )*(?:done|ready)(?: yet)?$"
    rf"|\b(?:when|what time)(?:'?s| will| is| does| can| do| would)?(?: my| the|"
    rf" our)* {_CAR}(?: \w+)? ?(?:be )?"
    rf"(?:{_STATE}|(?<!we )(?<!i )finish\w*)\b"
    r"|\bhow (?:much|many|long|far)(?: \w+){0,3} (?:longer|left|along|so far|remaining|until|till|til|"
    r"(?:has|have) it|did (?:it|i)|(?:is|are) (?:it|done|charged|in))\b"
    r"|\bhow (?:much|many)(?: miles| km| kwh| charge| range| battery| power)? (?:do|did|does|has|have|is|"
    r"are) (?:i|it|we)\b"
    r"|\bhow (?:much longer|far along|long will it|long until|much is left|much left|full is|charged is)\b"
    r"|\b(?:whats?|what's|what is) (?:my |the |our |current )*(?:status|eta|progress|charge level)\b"
    r"|\bwhere (?:is it at|are we at|we at)\b|^any updates?$|^eta$|\bcheck (?:my |the )?(?:status|progress)\b"
    r"|\bya (?:mero )?(?:esta|termin[oa]|acab[oa]|quedo)(?: \w+){0,2}(?: list[oa]| cargad[oa]| llen[oa])?$"
    r"|(?:^|[.,] ?|please |por favor |porfa |hola |hey |hi |oye |oiga |buenas |disculp[ea] )(?:ya )?est(?:a|"
    r"ara) (?:ya |mi |el |carro |coche |"
    r"auto )*(?:list[oa]|cargad[oa]|cargando|llen[oa])\b"
    r"|\bcuanto (?:le |me |nos )?(?:falta|queda|lleva|llevo|va|tarda|tardara|demora)\b"
    r"|\bcuant[ao] (?:(?:carga|bateria) (?:tiene|lleva|hay)|tiene de (?:carga|bateria))\b"
    r"|\bcuant[ao]s? (?:millas|km|kwh|kilometros|minutos|horas) (?:llev|falt|va|tien|qued)\w*"
    r"|\b(?:a que hora|cuando|para cuando) (?:va a |ya )*(?:termin(?!e\b)|acab(?!e\b)|esta|estara|estar|"
    r"queda)\w*\b"
    r"|\bhow(?:'?s| is) (?:it|everything|things) (?:looking|coming(?: along)?|doing)$"
    r"|\bhow(?:'?s| is) (?:my |the |our )*(?:car|charge|charging|ev|battery)\b"
    r"|\bwhat(?:'?s| is) (?:my |the )(?:charge|battery|range)(?: at| level)?$"
    r"|\bcomo va(?:mos)?\b|\bpor donde va\b|\ben (?:cuanto|que) va\b|^ya casi$"
)
_ELSE: Final = re.compile(
    r"\d|\b(?:why|not|isn'?t|aren'?t|no|or|cost|price|per|fee|cents?|dollars|cuesta|precio|pay|por que|"
    r"tomorrow|manana|noon|midnight|tonight|"
    r"mediodia|if|si)\b"
)


_THANKING: Final = re.compile(
    r"(?:muchas |mil |ok )?(?:gracias|thanks|thank you|thx|ty)\b(?!.*\b(?:when|"
    r"how|cuando|que hora|cuanto)\b)"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONE: Final = _words("""
    ya mi my the la el all esta is are se es you u it she he car ev we i vehicle ride tesla leaf bolt
    truck suv battery charge charging bateria auto carro coche done ready charged full finished complete
    fully good to go yet now mero casi listo lista cargado cargada terminado terminada termino acabo
    cargo quedo completo completa
""")


def asks_for_status(said: str, *, asked: bool) -> bool:
    """Whether a plain text asks how far the car is or when it will be ready, without naming a time.

    Args:
        said: the plain text.
        asked: it ended in a question mark, as in "done?"; "full?" may as well ask for a full charge.
    """
    words = re.findall(r"[^ .,]+", said)
    if asked and words and _LONE.issuperset(words) and words not in (["full"], ["car"], ["charge"]):
        return True
    if _THANKING.match(said):
        return False
    return bool(_STATUS.search(said.strip(" .,")) and not _ELSE.search(said))
