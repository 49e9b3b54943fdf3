"""Talk: clauses that say nothing of a wish, such as "traffic is already bad" or "my wife is in labor". Pure.

A clause is talk if it holds no figure, no word of leaving, needing or changing, and nothing that denies,
chooses or makes conditions. Words that change what a figure means ("already", "another") change nothing
where there is none.
"""

import re
from typing import Final

from readyby.heard.doubt import carries_meaning, casts_doubt, unknown_words
from readyby.heard.phrases import any_of
from readyby.heard.spelling import may_be_need
from readyby.heard.vocabulary import BESIDE_A_HALF

FIGURE: Final = re.compile(r"\d|\b(?:noon|midnight|mediodia|medianoche)\b")
TO_LEAVE: Final = (
    r"(?:leav\w*|lvg?|depart\w*|head(?:ing)?(?: (?:out|home|off|back))?|bounc\w*|roll(?:ing)?(?: out)?|"
    r"dip(?:ping)?|jet(?:ting)?|(?<!gets )(?<!called )(?<!ran )out|gone|outta here|take off|taking off|"
    r"unplug\w*|(?:pick(?:ing)?(?: up)?|grab(?:bing)?|get(?:ting)?|tak(?:e|ing)|mov(?:e|ing)|"
    r"collect(?:ing)?) "
    r"(?:it|the car|my car|car|her)(?: up)?|go(?:ing)?|driv(?:e|ing) (?:home|off|out|back)|"
    r"salgo|saldre|salimos|sale|salir|saliendo|me (?:voy|boy|pelo|lanzo|jalo|largo|retiro|marcho)|nos vamos|"
    r"irme|ir|vamonos|arranco|me lo llevo|lo (?:recojo|muevo|saco)|desconecto|(?:recojo|recoge|muevo|"
    r"me llevo|paso por|saco) (?:el |mi )?(?:carro|"
    r"coche|auto))"
)
"""What people do when they take the car."""
_LEAVING: Final = re.compile(
    rf"\b(?:{TO_LEAVE}|back|return\w*|until|till?|hasta|later|soon\w*|earl\w+|temprano|before|after|antes|"
    rf"despues|"
    r"when|cuando)\b"
)
_NEEDING: Final = re.compile(
    r"\b(?:ready|done|finish\w*|list[oa]|charg\w*|juic\w*|fill\w*|top\w*|max\w*|power|energy|batter\w*|"
    r"range|electr\w*|gas|tank|load\w*|pump|boost|full\w*|carg\w*|llen\w*|bateria|pila|energia|maxim\w*|"
    r"tope|tanque|"
    r"autonomia|need\w*|want\w*|necesit\w*|quier\w*|ocup\w*|chang\w*|switch\w*|cambi\w*|instead|make it|set|"
    r"all|every\w*|most|"
    r"much|many|lots?|bunch|tons?|plenty|enough|whatever|same|usual|tod[oa]s?|much[oa]s?|bastante|mismo)\b"
)
_FOR_TODAY: Final = re.compile(r"\b(?:today|tonight|hoy|esta noche|this (?:morning|afternoon|evening))\b")
_WEAK: Final = any_of("weak")
"""Words that change what a figure means, and nothing in a clause without any."""
_DENIAL: Final = re.compile(
    r"\b(?:no|not|never|dont|don'?t|doesn'?t|didn'?t|isn'?t|aren'?t|can'?t|cannot|cant|nothing|nada|nunca|"
    r"sin)\b"
)
"""What is denied in a longer clause of its own, such as "my eyes are not good", is not the wish."""
_DAY: Final = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|lunes|martes|miercoles|jueves|viernes|sabado|domingo|"
    r"today|tonight|tomorrow|hoy|manana|morning|evening|afternoon|night|noche|tarde)\b"
)
_DAY_IN_SHORT: Final = re.compile(
    r"\b(?:mon|tues?|wed|thur?s?|fri|sat|sun|lun|mie|jue|vie|sab|dom|tmrw|tmr|"
    r"tom|mnn)\b"
)
_NOT_OF_A_COMMAND: Final = re.compile(r"\b(?:might|maybe|may|could|probably|batter\w*|bateria|pila)\b")
_SHORT: Final = 2
_UNSURE: Final = re.compile(
    r"\b(?:sure|certain|know|think|yet|really|decided?|plan\w*|anymore|matter|mean|that|this|it|se|seguro|"
    r"creo|todavia|aun|eso|esto|asi|works?|way|ask\w*|happen\w*|right|wrong|possible|anything|said|for me)\b"
)
_EVENT_MOVED: Final = re.compile(
    r"\b(?:meeting|appointment|appt|class|flight|reservation|show|game|junta|cita|clase) (?:got |was |is |"
    r"has been )?"
    r"(?:moved|changed|rescheduled|pushed)\b"
)
_RETRACTS: Final = re.compile(
    r"(?:lol )?(?:nvm|never ?mind|jk|just kidding|disregard|on second thoughts?|wrong (?:chat|text)|"
    r"(?:perdon )?me equivoque|that (?:text|one|1) was for)\b"
)
_TRAVEL: Final = re.compile(
    r"\b(?:(?:i |we |i'm |im )?(?:need|have|got|gotta|want|tengo que) (?:to )?)?(?:be|get|go|going|drive|"
    r"driving|head|heading|travel|traveling|llegar|ir|manejar) "
    r"(?:to|in|at|back to|down to|up to|over to|a|al|hasta) (?!las? )[a-z']+(?: (?!so\b|and\b|by\b|at\b|"
    r"before\b)[a-z']+){0,3}(?: and back)?$"
)
"""A destination without a time."""


def is_talk(clause: str) -> bool:
    """Whether a clause has no figure and nothing to do with a wish, so that it changes none."""
    if _EVENT_MOVED.search(clause) or _RETRACTS.match(clause):
        return False  # "meeting moved, now 4:45" may tell when it meets
    if any(may_be_need(word) for word in unknown_words(clause)):
        return False
    rest = without_weak_words(clause)
    return not (_LEAVING.search(rest) or _has_weight(rest))


def is_background(clause: str) -> bool:
    """Whether a clause tells of the day around a departure that another names: "my ride comes tonight"."""
    if FIGURE.search(clause) or _RETRACTS.match(clause) or _NEEDING.search(_WEAK.sub(" ", clause)):
        return False
    words = re.findall(r"[a-z']+", clause)
    tells = any(word not in BESIDE_A_HALF and not _DAY.fullmatch(word) for word in words)
    return tells and not casts_doubt(_DAY.sub(" ", without_weak_words(clause)))


def is_talk_beside_a_command(clause: str) -> bool:
    """Whether a clause adds no wish to a command: "charge now, we have to go" still only charges at once."""
    return not _has_weight(_NOT_OF_A_COMMAND.sub(" ", without_weak_words(clause)))


def is_about_the_wish(clause: str) -> bool:
    """Whether a word of leaving, needing or changing stands in a clause."""
    return bool(_LEAVING.search(clause) or _NEEDING.search(clause))


def without_weak_words(clause: str) -> str:
    """A clause without the words that matter beside figures only."""
    rest = _WEAK.sub(" ", _FOR_TODAY.sub(" ", _TRAVEL.sub(" ", clause)))
    if len(clause.split()) > _SHORT and not _UNSURE.search(clause):
        rest = _DENIAL.sub(" ", rest)
    return rest


def _has_weight(rest: str) -> bool:
    return (
        bool(FIGURE.search(rest) or _NEEDING.search(rest) or _DAY_IN_SHORT.search(rest))
        or casts_doubt(rest)
        or carries_meaning(rest)
    )
