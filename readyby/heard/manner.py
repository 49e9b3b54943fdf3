"""How people wrap a wish: greetings, courtesy, a yes or an oops ahead, idioms like doubts. Pure."""

import re
from typing import Final

_GREETING: Final = re.compile(
    r"^(?:(?:hi|hey|hello|hola)[ ,.]*)?(?:(?:good|gd|very good) (?:morning|afternoon|evening|night|day)|gm|"
    r"(?:muy )?buen[oa]s (?:dias|tardes|noches)|(?:[a-z]+ )?(?:morning|evening|"
    r"afternoon)(?= ?[,.]))\b(?:[ ,]|\.(?!\d))*"
)
_HELLO: Final = re.compile(
    r"^(?:(?:hi|hey|hello|hiya|hola|please|pls|plz|por favor|porfa)\b(?:[ ,]|\.(?!\d))*)+"
)
_COURTESY: Final = re.compile(
    r"(?:[ ,.]+(?:please|pls|plz|thanks|thank you|thx|ty|por favor|porfa|xfa|gracias))+[ .]*$"
)
_OPENING: Final = re.compile(
    r"^(?!no a las? \d)(?:no|nope|nah|wait|oops|whoops|sorry|perdon|y|yes|yeah|yep|yup|yea|ok|okay|okey|kk|"
    r"k|sure|si|claro|"
    r"vale|venga|orale|bueno|va|sale|dale|sure thing|great|perfect|perfecto|my (?:bad|mistake)|"
    r"scratch that|wrong (?:time|amount|day|one)|"
    r"lol|lmao|ha(?:ha)+|ja(?:ja)+|omg|ugh|nvm|never ?mind|correction|typo|wrong|incorrect|update|edit|"
    r"hold on|actually|"
    r"(?:on )?second thoughts?|pensandolo bien|mejor dicho|siempre no|(?:same|lo mismo|igual)(?: (?:amount|"
    r"miles|"
    r"thing|need))?(?:,? (?:but|pero))|hm+|uh+|um+|oh|ah|ay|eh|correccion|me equivoque|"
    r"t?a bien|esta bien)"
    r"(?: ?[,.:-]+ ?| (?=\d|but|pero|at \d|by \d|a las? \d|make it|change|i meant|i mean|quise|mejor|sorry|"
    r"typo|"
    r"wrong|my bad|scratch|nvm|never ?mind|no\b|wait|ok|so|then|just|actually))"
)
_SAME_BUT: Final = re.compile(
    r"^(?:(?:y|yes|yeah|yep|ok|okay|sure|si|claro|dale|va|same|the same|lo mismo|igual)(?: (?:please|thing|"
    r"time|need|"
    r"amount|energy|charge|as (?:before|always|yesterday)|que (?:ayer|siempre)))* ?,? ?(?:but|pero|solo que|"
    r"only|except) "
    r"|(?:the |las |los )?(?:same|mism[oa]s) (?:amount|need|energy|charge|miles|millas|kms?|"
    r"kwh) ?,? (?:but |pero |and |y )?)"
    r"(?=\D{0,20}\d)"
)
"""What agrees to one half of an offer before it changes the other."""
_MOST_OPENINGS: Final = 4
_IDIOMS: Final = re.compile(
    r"\bnot(?:hing)? (?:crazy|fancy|major|special)\b|\bor (?:more|better|bust|above)\b|\b(?:not|"
    r"no) less than\b|\btop of the hour\b|\bno (?:need to (?:rush|hurry|worry)|rush|problem|prob|worries|"
    r"hurry|cap|stress|biggie|big deal|pressure|later than|less than|mas tarde (?:de|que)|hay prisa|"
    r"tengo prisa)\b"
    r"|\bnow (?=it'?s )|\b(?:working|doing|pulling) a double\b|(?<!day )\b(?:despues de|"
    r"after)(?! (?:tomorrow|tmrw|tmr))(?: [a-z]+){1,3}"
    r"(?=,? (?:at|by|around|a las?))|\bvisiting hours (?=(?:until|till|til)\b)|\bi am\b|"
    r"\b(?:staying|stay|here|parked|spending|through) (?:for )?(?:the |all )?night\b"
    r"|\b(?:won'?t|don'?t|do not|will not) need (?:it|the car|my car) (?=(?:until|till|til)\b)"
    r"|\bsin (?:prisas?|apuros?|problemas?)\b|\bllegar por (?:el |mi |la )?(?:carro|coche|auto)\b"
    r"|(?:^|\b(?:i'?ll|i will|we'?ll|will|gonna|should) )be (?:there|here|down|back)(?= (?:at|by|around))|"
    r"\bhora(?: de salida)? ?:"
    r"|\bnot later than\b|\bno menos de\b|\bpara llegar(?: a (?:mi )?casa)?\b|\bat (?:least|the latest)\b|"
    r"\b(?:mas o menos|give or take)\b|\bmas tarde\b(?=,? a las? \d)|\ba mas tardar\b"
    r"|\b(?:al|por lo) menos\b|\bthe (?:\d\w* )?latest\b|\bor so\b|\bmore or less\b|\bcomo maximo\b"
    r"|\b(?:how|what) about\b|\bque tal\b|\bget(?:s|ting)? off(?: work| shift)?\b|\bend of (?:the |"
    r"my )?(?:day|shift) (?=at)|\benough (?:\w+ )?(?=(?:for|to (?:get|go|drive)) (?:about |like )?\d)|"
    r"\b(?:hoy|"
    r"ahora) mismo\b"
    r"|\b(?:head(?:ing|ed)?|go(?:ing|in)?|driving) home\b"
    r"|\bpick(?:ing)? (?:it |up |the car |my car )+(?:up )?|\bif (?:possible|you can|u can)\b|"
    r"\bsi (?:se )?puede\w*\b"
    r"|\b(?:is|are|would be|will be|should be|es|son|seria) (?:enough|plenty|good|great|"
    r"perfect|ideal|awesome|lovely|nice|amazing|helpful|wonderful|suficiente|bastante|perfecto|ideal)\b"
    r"|\bif (?:that|it) (?:helps|works|is ok|is okay|is easier)\b"
    r"|\bin case\b|\bby then\b|\bjust in case\b|\bi (?:have|got) (?:to|until|till|til)\b|\btengo (?:que|"
    r"hasta)\b"
    r"|\b(?:as (?:well|usual|always)|thank you|thanks (?:so|very) much|in total)\b|\bquarter tank\b(?!.)"
    r"|\b(?:do not|don'?t) (?:need|have|want) (?:very |that |too |so )?(?:much|a lot|long)(?: time|"
    r" charge)?\b"
    r"|\bno necesito (?:mucho|tanto)\b|\bno tengo mucho tiempo\b"
    r"|\b(?:not|won'?t|wont|will not|dont|don't|do not) (?:be )?(?:plan(?:ning)? (?:on |to ))?"
    r"(?:leav(?:e|ing)|going|done|out|back|ready|head(?:ing)? out|off)(?: here| work| anywhere|"
    r" nowhere)? (?=(?:until|till|"
    r"til)\b)"
    r"|(?:^|[,.] ?)not (?=(?:until|till|til)\b)"
    r"|\bno (?:salgo|me voy|saldre|salimos|termino|regreso|estoy listo) (?=hasta)"
    r"|\b(?:work(?:ing|s)? )?(?:over)?nights\b|\b(?:night|day|morning|evening|swing|graveyard) shift\b"
    r"|\bthe \w+ (?:1|one)\b|\bsay less\b|(?<!leaving )\bnow (?=leav|(?:i )?(?:need|want))|\bahora (?=salgo|"
    r"me voy|"
    r"necesit|quier)|\bsiempre si\b"
    r"|\b(?:first|second|third|1st|2nd|3rd|double|late|early) shift\b|\b(?:all|the whole|half|early|short|"
    r"long) (?:day|night)\b|\btod[oa] (?:el dia|la noche)\b"
    r"|\b(?:me voy |voy )?(?:pa|para|hacia) (?:la |mi )?casa\b(?=.*\d)"
    r"|(?<!la )(?<!esta )(?<!manana )(?<!hoy )\btarde\b(?= ?[,.])"
    r"|\bturno de (?:la )?(?:noche|dia|manana|tarde)\b"
    r"|\b(?:quick|pit|short|brief) stop\b"
    r"|\b\d (?:nights?|noches?)\b(?=.*\b(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mie|jue|vie|sab|dom)[a-z]*\b)"
    r"|\b(?:(?:i|we) )?(?:can|could|will|'ll|i'll|we'll|ill|happy to) (?:just )?wait (?=(?:until|till|"
    r"til)\b)|"
    r"\b(?:puedo|podemos|me|nos) esper(?:ar?|o|amos) (?=hasta\b)|\b(?:for|to get) all of it\b|"
    r"\bpara (?:tenerlo )?todo\b"
    r"|(?<!\d )\bhora (?=\d)|\b(?:late|early|long|short) (?:one|1)(?: (?:today|tonight))?\b(?= ?[,.:-])"
    r"|(?:^|[.,] ?)(?:i'?m )?(?:not sure|no idea|idk|i don'?t know) (?:how|what|if)(?: [a-z]+){0,5} but\b"
    r"|\b(?:thanks|thank you|gracias)(?: (?:so|very) much)? (?:for|por)(?: [a-z]+){1,4}\b"
    r"|\b(?:to )?save (?:some |me |us )?(?:money|energy|cash)\b|\bahorrar (?:dinero|energia)\b"
    r"|\b(?:got|getting|been|i'?m|im) (?:delayed|held up|tied up|caught up)\b|\bse (?:me|nos) hizo tarde\b|"
    r"\bme (?:retrase|atrase)\b|\bdid i (?:do|get|say) (?:it|this|that) (?:right|correctly)\b"
    r"|\b(?:long|holiday) weekend\b|\bweekend (?:trip|getaway|drive|plans)\b"
    r"|\b(?:not|nothing) (?:too |that |so |very )?(?:much|a lot)\b|\bno mucho\b|"
    r"\b(?:(?:my|the|mi|el) )?(?:next|proximo|siguiente) (?:trip|drive|leg|ride|destination|viaje|trayecto)\b"
    r"|\b(?:nada|no) ?mas\b(?: de)?(?! tarde)|(?<=[a-z] )(?:me )?(?:bastan?|alcanzan?)\b"
    r"|\b(?:is|would|will) (?:it|that|there) (?:be )?(?:possible|ok|okay|alright|a way|any way) (?:to|for)\b|"
    r"\b(?:es|seria|sera) posible\b|\bi (?:already )?(?:told (?:you|u|ya)|said)\b"
    r"|\benough (?:\w+ )?(?:to|for) (?:get|make it|drive|go|the|my)(?: \w+){0,3} ?,? (?:so |like |about |"
    r"maybe |"
    r"say |around |roughly )*(?=\d+ ?(?:mi|km|kwh))"
    r"|(?:(?<=mi )|(?<=miles )|(?<=millas )|(?<=km )|(?<=kms )|(?<=kwh ))(?:max(?:imum|imo)?|tops|at most)\b"
    r"|\bthanks a (?:bunch|lot|million|ton|bundle)\b|\b(?:over|through|for) the weekend(?=.* mon(?:day)?\b)"
    r"|\b(?:is|it's|its) fine\b|\b(?:to|and) (?:get|go|drive) (?:back )?home\b|\bback at\b|\bhome is\b|"
    r"(?<!right )\baway\b"
)


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
