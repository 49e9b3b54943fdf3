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
    absolutely accept acepto adelante agree agreed andale arre aye cabal claro dale definitely dokie
    exactly fasho fosho hazlo k kk lgtm ok okay okey oki okie orale s sale si simon sip sure totally va
    vale vaya y yas ye yea yeah yep yepp yes yesir yessir yse yup
""")
_AS_BEFORE: Final = _words("same usual igual mismo misma mismito")
_RIGHT: Final = _words("""
    confirm confirmado confirmed confirmo correct correcta correcto exacto perfect perfecto right
""")
_PRAISE: Final = _words("""
    ahead am as asi awesome bien bueno checking cool dear dijiste do dope esta excelente fine for genial
    go good gracias great i is it keep last let let's lets like look looks ma ma'am me nice perfect
    perfecto pues que same senor senora siempre sir sounds thank that that's thats thing time with work
    works ya you
""")
_AS: Final = _words("""
    a again always anterior antes as ayer before como de deal la last lo old one order otra pasada plan
    que request settings siempre thing time ultima use usual vez ya yesterday
""")
_WRONG: Final = _words("""
    deshacer deshaz deshazlo incorrect incorrecto mal n nah naw negative negativo nel no nop nope revert
    undo wrong
""")
_THAT: Final = _words("""
    again aint all asi at dije era es esa eso esta fue good got hora i i'm im is it last lo m meant my not
    pedi puse que quita re read request s said set sir sorry that that's thats the this todo was we we're
    what yo you
""")
_CHARGING: Final = _words("""
    begin boost carga cargala cargalo cargame cargamelo cargando cargar cargue carguela carguele carguelo
    carguemelo carguen carguenle carguenlo charge charged charging corriente empezar empiecen empieza fast
    full juice juicing luz pon pongala pongalo ponganlo ponlo power speed start
""")
_TO_CHARGE: Final = _words("""
    a ahead and ando as at away can carga cheap cheaper con dale de dele echale fast faster for full go
    going hours hurry i im in it just la lo m max maximum me metele mismo need needs once please porfis
    possible power prices prisa pues que quick rates right rush s something soon speed tengo the thing
    traigo una up urge urgente ya you
""")
_LINK: Final = _words("link links url page website webpage enlace liga pagina vinculo")
_TO_SEND: Final = _words("""
    abre again another anymore broken browser can cant car click could cual do doesn doesnt donde dont
    envia enviame enviar envias envie envien es esta expired find for funciona get gimme give got have i
    is it load loading lose lost manda mandame mandar mandas mande manden missing my need new no not nuevo
    old on one online open opens otra otro page pasa pasame pasan pasar pasas pase perdi phone reenvia
    reenviame resend s says see send sent share sirve site t tap tengo text that the this to vez web what
    whats where wheres won wont work working works you your
""")
_STATUS: Final = _words("status stats progress update estado estatus progreso eta")
_TO_TELL: Final = _words("""
    any carga charge charging check cual current de dime es get give how is manda of on report s see send
    show tell text ver what whats
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
    ahora all am any at esta estoy have hoy i im in it lo m much muchas nos now offer pero por program
    really right service siento sir sorry tanto texts that this time today tonight very vez we your
""")
_STOPPING: Final = _words("stop quit dont no dejen deja dejar dejen")
_CONTROL: Final = _words("""
    control controlar controle controlen controles controlling manage managing manejar manejen manejes
    schedule scheduling smart
""")
_REFUSED: Final = _words(
    "no not don t dont without nope sin none never stop skip forget disable quitale quita quiten quitenle"
)
_WANTED: Final = _words("""
    all any carga charging de deseo do doing el for gracias guys hoy i it la lo me mi mode my nada
    necesito need of please por program que quiero session stay stuff thanks the thing this time to today
    tonight trip u use using visit want ya you your
""")
_REST_OF_NORMAL: Final = _words("""
    a and as car carro como de deja dejala dejalo dejela dejelo dejen dejenlo esta fine for go good hoy
    i'm im is it just la let like lo m mas me mejor mi my n nada noche nomas ok old old-fashioned only
    opting please plug prefiero que regular s solo that's thats the today tonight w way with works y
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
    WordSet(
        carrying=(_words("skip pass"),),
        beside=_words("""
    for gonna hoy i'll i'm ill im it ll m me one please thanks this time today tonight
"""),
    ),
    WordSet(carrying=(_NO_INTEREST, _INTEREST), beside=_TODAY),
    WordSet(carrying=(_words("release libera liberar suelta"),), beside=_CAR | _words("it my the mi el")),
    WordSet(
        carrying=(_STOPPING | _REFUSED, _CONTROL),
        beside=_CAR | _WANTED | _words("charge charging carga it de me t"),
    ),
)
HELP: Final = (WordSet(carrying=(_HELP,), beside=_words("some more con mas send get i")),)
