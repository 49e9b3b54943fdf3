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
    definitely aye okie adelante exactly hazlo vaya cabal lgtm okie dokie fasho fosho totally yepp yessir
    yesir
    agree agreed accept acepto orale va andale sale arre simon
""")
_AS_BEFORE: Final = _words("same usual igual mismo misma mismito")
_RIGHT: Final = _words("""
    right correct correcto correcta exacto confirm confirmed confirmo confirmado perfect perfecto
""")
_PRAISE: Final = _words("""
    i go good great fine asi dijiste siempre looks look let lets let's do that keep it like bueno dear
    checking for you thank ahead same thing as last time sounds works work perfect thats that's that is
    do it for me sir ma am ma'am senor
    senora que esta bien gracias ya pues perfecto excelente genial
""")
_AS: Final = _words("""
    as again before ya always yesterday last time thing old deal plan settings use usual ayer siempre
    antes ultima pasada vez anterior que lo de la como a otra request order one
""")
_WRONG: Final = _words("""
    no nope nah n nop nel naw wrong negative negativo incorrect incorrecto mal undo deshacer deshaz
    deshazlo revert
""")
_THAT: Final = _words("""
    sorry asi yo dije esa hora you got my i meant at read again not thats that's that is it this what was last
    eso esta es lo todo all the request said s quita sir
    good im i'm m re we're we set
""")
_CHARGING: Final = _words("""
    charge charged charging start ponlo pon begin power juice boost carga cargar cargalo cargala cargue
    cargamelo carguemelo carguelo carguela carguen carguenlo cargame cargando empieza empiecen empezar
    fast full speed
""")
_TO_CHARGE: Final = _words("""
    go ahead and una up it at full fast faster speed max maximum power right away once mismo de a la ya
    going need
    needs possible please s i im m in hurry rush tengo prisa can you just something dont don t wait for
    cheap cheaper power
    lo dele pues porfis echale metele dale carga the thing hours que rates prices me urge urgente no esperes
    esperen esperar
""")
_LINK: Final = _words("link links url page website webpage enlace liga pagina vinculo")
_TO_SEND: Final = _words("""
    gimme have find do send resend sent text give get new again lost lose missing where wheres is whats
    what need another otro otra nuevo envia envie enviame envien mandame manda mandas mande manden
    my car to got won wont t load loading click tap anymore expired old says web see online on phone can
    i could you for this that the page site it browser envias pasas pasan pase pasar mandar enviar
    reenvia reenviame perdi pasame pasa donde esta cual es cant
    dont no tengo vez not working work
    broken doesnt doesn works funciona sirve abre open opens share to one your s t
""")
_STATUS: Final = _words("status stats progress update estado estatus progreso eta")
_TO_TELL: Final = _words("""
    send give check charging current text what whats is any on of charge how manda cual es de carga get
    show see tell dime ver s report
""")
_OFF: Final = _words("off apagar apaga apagalo desactivar desactiva desactivalo")
_TO_TURN: Final = _words(
    "my car for thing the en mi carro esto todo me turn switch shut it this control smart charging carga"
)
_AS_ALWAYS: Final = _words(
    "usual usually normal normally normalmente siempre regular regularly reg plain dumb"
)
_SMARTNESS: Final = _words("smart inteligente optimized optimization optimizar")
_INTEREST: Final = _words("interested interesado interesada interesa interesan interest")
_NO_INTEREST: Final = _words("not no isnt aint arent dont never zero")
_TODAY: Final = _words("""
    m am im i we really this time in it that all your program service texts offer at any right now today
    tonight hoy
    ahora esta vez estoy nos sorry very
    much have lo siento muchas por pero tanto sir
""")
_STOPPING: Final = _words("stop quit dont no dejen deja dejar dejen")
_CONTROL: Final = _words("""
    controlling control managing manage smart scheduling schedule controlar controlen controles controle
    manejar manejen manejes
""")
_REFUSED: Final = _words(
    "no not don t dont without nope sin none never stop skip forget disable quitale quita quiten quitenle"
)
_WANTED: Final = _words("""
    i want you u to my mi the el your this it me lo la que quiero deseo need necesito today tonight hoy
    please any of
    lo de la carga por doing using use trip time session visit stay ya guys all charging stuff thing mode
    program nada thanks
    gracias do for
""")
_REST_OF_NORMAL: Final = _words("""
    let just it opting for as like the way que como de la lo a is fine ok works for me my mi please
    regular only
    today tonight hoy
    esta noche nomas nada mas deja dejalo dejala dejelo dejela dejen dejenlo plug n and go old
    old-fashioned mejor solo that's thats s
    car carro lo y mejor
""")
_HELP: Final = _words("help info ayuda informacion")

YES: Final = (
    WordSet(carrying=(_AGREED,), beside=_PRAISE | _AS_BEFORE | _AS | _RIGHT),
    WordSet(carrying=(_AS_BEFORE,), beside=_AS | _AGREED | _PRAISE),
    WordSet(carrying=(_RIGHT,), beside=_PRAISE | _AGREED),
    WordSet(
        carrying=(
            _words("yesterday ayer last before anterior pasada"),
            _words("did had what whatever hicimos hice"),
        ),
        beside=_AS | _AGREED | _PRAISE | _words("do we i you u just la el vez"),
    ),
    WordSet(carrying=(_words("go"), _words("ahead for")), beside=_PRAISE | _AGREED),
    WordSet(carrying=(_words("dejalo"), _words("asi")), beside=_PRAISE | _AGREED),
    WordSet(carrying=(_words("keep leave"), _words("that this way asi same")), beside=_PRAISE | _AS_BEFORE),
    WordSet(carrying=(_words("works"),), beside=_PRAISE),
    WordSet(
        carrying=(_words("thats that's that esta asi"), _words("fine good bien bueno perfect")),
        beside=_PRAISE,
    ),
)
NO: Final = (
    WordSet(carrying=(_WRONG,), beside=_THAT),
    WordSet(
        carrying=(
            _words("wrong incorrect incorrecto incorrecta equivocado equivocada"),
            _words("time amount miles hora day dia"),
        ),
        beside=_THAT | _words("my the no thats you got all"),
    ),
    WordSet(carrying=(_words("not no"), _words("right correct correcto")), beside=_THAT | _words("nope")),
)
NOW: Final = (
    WordSet(carrying=(_URGENT,), beside=_words("right mismo s de")),
    WordSet(
        carrying=(_words("start begin empieza"), _words("already ya")),
        beside=_words("just it the car my charging charge lo"),
    ),
    WordSet(carrying=(_URGENT | _words("once ya away vez"), _CHARGING), beside=_TO_CHARGE | _CAR),
)
STATUS: Final = (WordSet(carrying=(_STATUS,), beside=_TO_TELL | _CAR),)
LINK: Final = (WordSet(carrying=(_LINK,), beside=_TO_SEND | _words("charging")),)
OFF: Final = (
    WordSet(carrying=(_OFF,), beside=_TO_TURN),
    WordSet(
        carrying=(_AS_ALWAYS, _CHARGING),
        beside=_CAR | _REST_OF_NORMAL,
    ),
    WordSet(
        carrying=(
            _CHARGING,
            _words("other otro otra cualquier"),
            _words("station charger chargers plug estacion cargador"),
        ),
        beside=_REST_OF_NORMAL | _words("any all other station charger charger chargers estacion cargador"),
    ),
    WordSet(carrying=(_words("do hazlo"), _AS_ALWAYS - _words("siempre usual")), beside=_REST_OF_NORMAL),
    WordSet(
        carrying=(_REFUSED, _SMARTNESS), beside=_CAR | _CHARGING | _AS_ALWAYS | _REST_OF_NORMAL | _WANTED
    ),
    WordSet(
        carrying=(_words("leave dejen deja"), _words("alone paz"), _CAR),
        beside=_words("my the mi el en today tonight hoy"),
    ),
    WordSet(carrying=(_NO_INTEREST, _INTEREST), beside=_TODAY),
    WordSet(carrying=(_words("release libera liberar suelta"),), beside=_CAR | _words("it my the mi el")),
    WordSet(
        carrying=(_STOPPING | _REFUSED, _CONTROL),
        beside=_CAR | _WANTED | _words("charge charging carga it de me t"),
    ),
)
HELP: Final = (WordSet(carrying=(_HELP,), beside=_words("some more con mas send get i")),)
