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
    r"|\bque onda con (?:mi|el) (?:carro|coche|auto)\b|\bcuanto (?:tiempo )?(?:le |me |nos )?(?:falta|queda|"
    r"lleva|llevo|va|tarda|tardara|demora)\b"
    r"|\bcuant[ao] (?:(?:carga|bateria) (?:tiene|lleva|hay)|tiene de (?:carga|bateria))\b"
    r"|\bcuant[ao]s? (?:millas|km|kwh|kilometros|minutos|horas) (?:llev|falt|va|tien|qued)\w*"
    r"|\b(?:a que hora|cuando|para cuando) (?:va a |ya )*(?:termin(?!e\b)|acab(?!e\b)|esta|estara|estar|"
    r"queda)\w*\b"
    r"|\bhow(?:'?s| is) (?:it|everything|things) (?:looking|coming(?: along)?|doing)$"
    r"|\bhow(?:'?s| is) (?:my |the |our )*(?:car|charge|charging|ev|battery)\b"
    r"|\bwhat(?:'?s| is) (?:my |the )(?:charge|battery|range)(?: at| level)?$"
    r"|\bam i (?:even |still )?(?:charging|done|ready|charged|full|good to go)\b|\bhow (?:much|long) (?:mas|"
    r"le falta)\b|\bhow (?:much|many)(?: \w+)? (?:have|did) (?:you|u|i|it) (?:put|add|give|get|got|charge)\w*"
    r"|\b(?:still )?on track$|\ba que porcentaje\b|\bis (?:it|my car|the car) (?:gonna|going to) (?:charge|"
    r"be ready)\b"
    r"|\bdid (?:it|my car|the car|charging) (?:even |ever |actually |already )?(?:start|stop|begin|"
    r"finish)\w*\b|\bhas (?:it|my car|the car|charging) "
    r"(?:start|stopp|beg|finish)\w*\b|\b(?:is|r) (?:it|my car|the car) (?:on|working|plugged in)(?: yet)?$"
    r"|\bwhat(?:'?s| is)? (?:percent(?:age)? )?(?:is )?(?:my |the )(?:car|battery|charge|tesla|"
    r"ev)(?: charge)? (?:at|on)\b"
    r"|\bwhere(?:'?s| is) (?:it|she|my car|the car) at\b|\bwhat(?:'?s| is)? (?:it|she|the %|the percent\w*|"
    r"my %) at\b"
    r"|\bwhat (?:percent(?:age)?|level|%)(?: |$)|\bhow(?:'?s| is) it go(?:ing|in)\b|\bya (?:mero |merito |"
    r"casi )(?:termin|acab|esta|queda)\w*|\bya (?:empezo|empieza|comenzo|inicio|paro)\b"
    r"|\bcomo va(?:mos)?\b|\bpor donde va\b|\ben (?:cuanto|que) va\b|^ya casi$"
)
_AT_LEVEL: Final = re.compile(
    r"is (?:it|she|my car|the car) (?:at|to|above|over|past) \d+ ?(?:%|percent|miles)?(?: yet|"
    r" already)?[ .]*$"
)
_OR_NOT: Final = re.compile(r" or (?:nah|did|is|has|was|not|no|what|done)\b.*| o (?:que|no|todavia no)\b.*")
_ELSE: Final = re.compile(
    r"\d|\b(?:why|not|isn'?t|aren'?t|no|or|cost|price|per|fee|cents?|dollars|cuesta|precio|pay|por que|"
    r"tomorrow|manana|noon|midnight|tonight|"
    r"mediodia|if|si)\b"
)


_HELLO: Final = re.compile(
    r"^(?:(?:hey|hi|hello|hola|que onda|oye|oiga|disculp[ea]|buenas|so|ok|"
    r"um+)[ ,.]+)+"
)
_THANKING: Final = re.compile(
    r"(?:muchas |mil |ok )?(?:gracias|thanks|thank you|thx|ty)\b(?!.*\b(?:when|"
    r"how|cuando|que hora|cuanto)\b)"
)


_HELP: Final = re.compile(
    r"\b(?:how|what) (?:does|do|is|are|am|can|should|would|must) (?:this|that|it|these|i|you|u|"
    r"we)(?: \w+){0,2} "
    r"(?:work|use|start|reply|respond|answer|text|txt|say|type|send|do|mean|for|about|thing|number|"
    r"all about)\b(?! (?:out|for me))"
    r"|\b(?:who|what)(?:'?s| is| are|s)? (?:this|these|that|you|u|texting me|messaging me)(?: (?:number|"
    r"text|about|for|texts|"
    r"message|messages|from|again|texting|thing|all about))*$"
    r"|\bwho (?:is|are) (?:this|you|u)\b|\bi (?:don'?t|dont|do not|didn'?t) (?:understand|get it|get this|"
    r"know (?:what|how) to)\b"
    r"|\b(?:somebody|someone|anyone|anybody) (?:i|we) (?:can|could) (?:call|talk|speak|text|ask)|"
    r"\bwho (?:do|can|should) i (?:call|contact|ask|"
    r"talk)|\b(?:real|live|actual) (?:person|human|agent)\b|\bi'?m (?:confused|lost)\b|^confused\b|"
    r"\b(?:talk|speak|chat) (?:to|with) (?:an? |some)?(?:real |live |actual )*(?:person|"
    r"human|agent|someone|one|rep\w*|operator)\b|\b(?:what|which) (?:(?:are|r) (?:my|the) )?(?:options|"
    r"commands)\b"
    r"|\b(?:need|want|get) (?:some )?(?:help|instructions|assistance)\b|^(?:instructions|instrucciones|how|"
    r"huh|what|que|confundid[oa])$"
    r"|\bcomo (?:funciona|se usa|le hago|lo uso|es esto|uso esto|jala)\b|\bque es esto\b|\bque (?:es|"
    r"significa) (?:este|esto|eso)\b"
    r"|\bquien(?:es)? (?:es|eres|son|me|habla|escribe|manda)\b|\bno (?:entiendo|entendi|comprendo|"
    r"le entiendo|le entendi)\b|"
    r"(?:^|[.,] |y |and )que (?:tengo que|debo|hay que|puedo|le|les)? ?(?:hago|hacer|pongo|poner|escrib\w+|"
    r"respond\w+|contest\w+|mando|mandar|texte\w+)\b"
    r"|\bhablar con (?:alguien|una persona|un humano|un agente)\b|\b(?:necesito|quiero) ayuda\b|\bayud(?:a|"
    r"ame|enme)\b|\bhelp\b"
)


_LINK: Final = re.compile(
    r"\b(?:send|resend|resending|text|mand|reenv|envi|pas[ae]|where|give|get|need|lost|lose|perdi|find|find|"
    r"share|"
    r"donde|have)\w*\b.*\b(?:link|url|web ?page|website|web ?site|enlace|liga|pagina|url)\b"
    r"|\b(?:web ?page|website|web ?site|pagina)\b"
    r"|\b(?:link|url|enlace|liga)\b.*\b(?:again|isn'?t|doesn'?t|won'?t|broken|dead|"
    r"expired|resend|otra vez|no (?:abre|sirve|funciona|jala))\b"
)


def asks_for_link(said: str) -> bool:
    """Whether a plain text without a figure asks for the link, whatever else it says of it."""
    return bool(_LINK.search(said)) and not re.search(r"\d", said)


def asks_for_help(said: str) -> bool:
    """Whether a plain text without a figure asks what this is, how it works or what to text."""
    return bool(_HELP.search(said.strip(" .,"))) and not re.search(r"\d", said)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONE: Final = _words("""
    sigue todavia aun
    still
    ya mi my the la el all esta is are se es you u it she he car ev we i vehicle ride tesla leaf bolt
    truck suv battery charge charging bateria auto carro coche done ready charged full finished complete
    fully good to go yet now mero casi listo lista cargado cargada terminado terminada termino acabo
    cargo quedo completo completa
""")


def is_thankful(said: str) -> bool:
    """Whether a plain text begins with thanks and asks nothing."""
    return bool(_THANKING.match(said))


def asks_for_status(said: str, *, asked: bool) -> bool:
    """Whether a plain text asks how far the car is or when it will be ready, without naming a time.

    Args:
        said: the plain text.
        asked: it ended in a question mark, as in "done?"; "full?" may as well ask for a full charge.
    """
    said = _HELLO.sub("", said)
    if _AT_LEVEL.match(said):
        return True
    asked = asked or bool(_OR_NOT.search(said))
    words = re.findall(r"[^ .,]+", _OR_NOT.sub("", said))
    if asked and words and _LONE.issuperset(words) and words not in (["full"], ["car"], ["charge"]):
        return True
    if is_thankful(said):
        return False
    said = _OR_NOT.sub("", said)
    return bool(_STATUS.search(said.strip(" .,")) and not _ELSE.search(said))
