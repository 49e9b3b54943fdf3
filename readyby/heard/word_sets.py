"""Which words, in any order, make a command: those that carry it, and those that may stand beside. Pure.

A text of such words alone is the command; one other word and it is not. So "yes that works" and "same as
yesterday" need not be listed as they stand, and "ok cool" remains talk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSet:
    """A command's words: at least one of each of `carrying`, and else none but `beside`."""

    carrying: tuple[frozenset[str], ...]
    beside: frozenset[str]

    def makes(self, words: Iterable[str]) -> bool:
        """Whether these words are the command and nothing else."""
        said = frozenset(words)
        return (
            bool(said)
            and all(said & carrying for carrying in self.carrying)
            and said <= self.beside.union(*self.carrying)
        )


_CAR: Final = _words("car cars ev tesla carro auto coche battery bateria charger vehicle")
_URGENT: Final = _words("now rn asap immediately ahora ahorita inmediatamente inmediato pronto")
_AGREED: Final = _words("""
    y yes yep yeah yup yea ye yas yse sure ok okay okey oki k kk si s sip vale claro dale absolutely
    definitely aye okie adelante exactly hazlo totally yepp
""")
_AS_BEFORE: Final = _words("same usual igual mismo misma mismito")
_RIGHT: Final = _words("""
    right correct correcto correcta exacto confirm confirmed confirmo confirmado perfect perfecto
""")
_PRAISE: Final = _words("""
    go good great fine sounds works work perfect thats that's that is do it for me sir ma am ma'am senor
    senora que esta bien gracias ya
""")
_AS: Final = _words("""
    as again before ya always yesterday last time thing old deal plan settings use usual ayer siempre
    antes ultima vez anterior que lo de la como a otra request order one
""")
_WRONG: Final = _words("""
    no nope nah n nop nel naw wrong negative negativo incorrect incorrecto mal undo deshacer deshaz
    deshazlo revert
""")
_THAT: Final = _words("""
    not thats that's that is it this what was last eso esta es lo todo all the request said s quita sir
    good im i'm m re we're we set
""")
_CHARGING: Final = _words("""
    charge charged charging start ponlo pon begin power juice boost carga cargar cargalo cargala cargue
    carguelo carguela carguen carguenlo cargame cargando empieza empiecen empezar fast full speed
""")
_TO_CHARGE: Final = _words("""
    go ahead and una up it at full fast faster speed max maximum power right away once mismo de a la ya
    going need
    needs possible please s i im m in hurry rush tengo prisa
""")
_LINK: Final = _words("link links url page website webpage enlace liga pagina vinculo")
_TO_SEND: Final = _words("""
    gimme have find do send resend sent text give get new again lost lose missing where wheres is whats
    what need another otro otra nuevo envia envie enviame envien mandame manda mandas mande manden
    envias pasas pasan pase pasar mandar enviar reenvia reenviame perdi pasame pasa donde esta cual es cant
    dont no tengo vez not working work
    broken doesnt doesn works funciona sirve abre open opens share to one your s t
""")
_STATUS: Final = _words("status stats progress update estado estatus progreso eta")
_TO_TELL: Final = _words("""
    send give check charging current text what whats is any on of charge how manda cual es de carga get
    show see tell dime ver s report
""")
_OFF: Final = _words("off apagar apaga apagalo desactivar desactiva desactivalo")
_TO_TURN: Final = _words("turn switch shut it this control smart charging carga")
_AS_ALWAYS: Final = _words("usual usually normal normally normalmente siempre")
_INTEREST: Final = _words("interested interesado interesada interesa interesan interest")
_NO_INTEREST: Final = _words("not no isnt aint arent dont never zero")
_TODAY: Final = _words("""
    m am im i we really this time in it that all your program service texts offer at any right now today hoy
    ahora esta vez estoy nos sorry very
    much have lo siento muchas por pero tanto sir
""")
_STOPPING: Final = _words("stop quit dont no dejen deja dejar dejen")
_CONTROL: Final = _words("""
    controlling control managing manage smart scheduling controlar controlen manejar
""")
_HELP: Final = _words("help info ayuda informacion")

YES: Final = (
    WordSet(carrying=(_AGREED,), beside=_PRAISE | _AS_BEFORE | _AS | _RIGHT),
    WordSet(carrying=(_AS_BEFORE,), beside=_AS | _AGREED | _PRAISE),
    WordSet(carrying=(_RIGHT,), beside=_PRAISE | _AGREED),
    WordSet(carrying=(_words("go"), _words("ahead for")), beside=_PRAISE | _AGREED),
    WordSet(carrying=(_words("dejalo"), _words("asi")), beside=_PRAISE),
    WordSet(carrying=(_words("works"),), beside=_PRAISE),
    WordSet(
        carrying=(_words("thats that's that esta asi"), _words("fine good bien perfect")), beside=_PRAISE
    ),
)
NO: Final = (
    WordSet(carrying=(_WRONG,), beside=_THAT),
    WordSet(carrying=(_words("not no"), _words("right correct correcto")), beside=_THAT | _words("nope")),
)
NOW: Final = (
    WordSet(carrying=(_URGENT,), beside=_words("right mismo s de")),
    WordSet(carrying=(_URGENT | _words("once ya away vez"), _CHARGING), beside=_TO_CHARGE | _CAR),
)
STATUS: Final = (WordSet(carrying=(_STATUS,), beside=_TO_TELL | _CAR),)
LINK: Final = (WordSet(carrying=(_LINK,), beside=_TO_SEND | _words("charging")),)
OFF: Final = (
    WordSet(carrying=(_OFF,), beside=_TO_TURN),
    WordSet(
        carrying=(_AS_ALWAYS, _CHARGING),
        beside=_CAR | _words("let just it as like the way que como de la lo"),
    ),
    WordSet(carrying=(_NO_INTEREST, _INTEREST), beside=_TODAY),
    WordSet(carrying=(_words("release libera liberar suelta"),), beside=_CAR | _words("it my the mi el")),
    WordSet(carrying=(_STOPPING, _CONTROL), beside=_CAR | _words("charge charging carga it de me t")),
)
HELP: Final = (WordSet(carrying=(_HELP,), beside=_words("some more con mas send get i")),)
