"""What people say without asking for anything: thanks, farewells, laughter, a thumb. Pure."""

import unicodedata
from typing import Final

from readyby.heard.word_sets import WordSet


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_THANKS: Final = _words("""
    thanks thank thankyou thanx thx thnx tnx ty tysm tyvm tq gracias grax grasias merci appreciate
    appreciated bye goodbye adios chao chau ciao goodnight gn cheers lol lmao rofl haha hahaha hehe jaja
    jajaja jeje welcome np saludos bendiciones
""")
_APPROVED: Final = _words("""
    cool great good perfect perfecto awesome nice sweet excelente genial super fine alright bet ok okay okey
    oki okie k kk vale bueno sure amazing fantastic wonderful excellent dope chido
""")
_NOTED: Final = _words("""
    neat got gotcha understood roger noted entendido enterado listo bien copy
""")
_AGREED: Final = _APPROVED | _NOTED
_BESIDE: Final = _words("""
    you u so very much muchas muchisimas mil a lot bunch million ton again have one day evening night
    nite nights weekend buenas buena buen noches dia tardes tarde muy amable todo all te les se for the
    your help ya it that this is was me it's thats you're youre s see later ttyl hasta luego pronto nos
    vemos then now sir ma am man bro dude guys senor senora amigo que tenga un lindo bonito i it'll
    works sounds loud and clear no problem worries igualmente de nada por la ayuda y safe trip drive
    readyby re looks quedo
""")
_AGREEING_SIGNS: Final = frozenset("👍👌✅✔🤝💯🆗☑🤙🫡")
_FRIENDLY_SIGNS: Final = frozenset("🙏❤😊🙂😀😁😂🤣😃😄🥰😍👏🎉🫶💕🤗☺😎💙💚💛😉😘😇🥳✌👋🙌")

THANKING: Final = WordSet(carrying=(_THANKS,), beside=_AGREED | _BESIDE)
AGREEING: Final = WordSet(carrying=(_AGREED,), beside=_THANKS | _BESIDE)
_FAREWELLS: Final = (
    WordSet(carrying=(_words("good buenas have tenga see hasta nos buen"), _words("""
        night nite nights noches day evening weekend one dia luego pronto vemos later then fin
    """)), beside=_BESIDE | _words("great good nice")),
)  # fmt: skip


def is_thanks(words: list[str], text: str) -> bool:
    """Whether a text, as plain words and as it came, thanks, takes leave or laughs, and nothing else."""
    signs = _signs(text)
    only_signs = not words and bool(signs) and signs <= _AGREEING_SIGNS | _FRIENDLY_SIGNS
    spoken = THANKING.makes(words) or any(each.makes(words) for each in _FAREWELLS)
    return spoken or (only_signs and not signs & _AGREEING_SIGNS)


def is_agreement(words: list[str], text: str) -> bool:
    """Whether a text takes note of what was said: "got it", "cool", a thumb."""
    if "no" in words and not {"problem", "worries"} & set(words):
        return False
    signs = _signs(text)
    only_signs = not words and bool(signs & _AGREEING_SIGNS) and signs <= _AGREEING_SIGNS | _FRIENDLY_SIGNS
    return AGREEING.makes(words) or only_signs


def is_approval(words: list[str], text: str) -> bool:
    """Whether a text that takes note also approves, as "perfect" and a thumb do, and "got it" does not."""
    doubtful = {"good"} if "all" in words and not _signs(text) & _AGREEING_SIGNS else set()
    approving = _APPROVED.intersection(words) - doubtful
    return is_agreement(words, text) and (not words or bool(approving))


def _signs(text: str) -> frozenset[str]:
    """The signs of a text beside blanks, stops, skin colors and what only joins."""
    return frozenset(
        sign
        for sign in text
        if unicodedata.category(sign) not in ("Sk", "Mn", "Cf", "Zs", "Cc", "Po", "Pd", "Ps", "Pe")
        and not sign.isalnum()
    )
