"""STOP by any reasonable means: as one word in many tongues, in a phrase, within a sentence. Pure.

What stops the texts is not what stops the car: a text that speaks of charging is no STOP by these lists.
"""

import re
import unicodedata
from typing import Final

from readyby.heard.phrases import any_of

ALONE: Final = """
    stop it, stop all, cancel all, stop now, stop this, stop everything, stop already, i said stop, opt out,
    opt- out, remove, no more texts, no more text, no more messages, no texts, no messages, stopp, stahp,
    cease,
    halt, terminate, exit, desist, cease and desist, discontinue, withdraw, unenroll, deactivate,
    do not disturb,
    f off, fuck off, piss off, i want out, delete me, erase me,
    alto, alto ya, stop ya, para, parar, pare, paren, ya para, ya paren, ya basta, basta, basta ya, baja,
    cancelar,
    cancela, cancelen, cancelado, no mas, no mas mensajes, no mas textos, salir, salirme, detener, detente,
    detenganse, dejar, desuscribir, desuscribirme, desuscribirse, eliminar, eliminame, fin, terminar, anular,
    anulen, suspender, suspendan, no molestar, no moleste, no molesten, no molestes, darse de baja, renuncio,
    revocar, borrame, excluirme, rechazar,
    annuler, annulez, annule, arret, arrete, arretez, arreter, stoppez, resilier, desabonner, desabonnez,
    desabonnement, desinscrire, desinscription, plus de messages, plus de sms,
    stoppen, aufhoren, aufhoeren, abmelden, abbestellen, abbrechen, kundigen, kuendigen, beenden, austragen,
    schluss, keine nachrichten mehr, keine sms mehr,
    annulla, annullare, ferma, fermati, fermare, smetti, smettila, disiscrivi, disiscrivimi, disdici,
    basta messaggi, parem, cancele, cancelem, sair, chega, remover, descadastrar, descadastre,
    afmelden, uitschrijven, opzeggen, annuleren, ophouden, sluta, avsluta, avregistrera, stans, avmeld,
    lopeta,
    zatrzymaj, wypisz, przestan, anuluj, rezygnuje, zastavit, odhlasit, zrusit, opriti, opreste, dezabonare,
    anuleaza, allj, leiratkozas, prekini, odjava, ndalo, dur, durdur, durdurun, iptal, iptal et,
    berhenti, hentikan, batal, huy, huy dang ky, dung, dung lai, ngung, tigil, itigil, hinto, ihinto, tama na,
    sispann, kanpe, acha, komesha, sitisha, jooji, taofi"""
"""Whole texts, in plain letters without accents, with commas between."""

_SENDING: Final = (
    r"(?:text|txt|msg|sms|contact|bother|messag|sending|notif|spam|alert|bugg|pester|harass|annoy)\w*"
)
_IN_SENTENCE: Final = any_of("stops")
_WRONG_NUMBER: Final = re.compile(r"\b(?:wrong number|numero equivocado|equivoc\w+ de numero)\b")
_OPENING_OR_LAST: Final = re.compile(
    r"^(?:stop|stopall|unsubscribe|quit|cancel|end|alto|basta|halt)(?: please| pls| it| now| ya|"
    r" por favor)? ?[.,-]|[.,] (?:please |just )?(?:stop|alto|basta)(?: please| pls| now| thanks)? ?[.,]*$"
)
_FIGURE: Final = re.compile(
    r"\d ?(?:[ap]\.?m?\b|mi|km|kw|:\d)|\b(?:at|by|las?|until|till|til|hasta|meant?) \d"
)
"""A time or an amount: `stop, I meant 6pm` is about the car."""
_SPAM: Final = re.compile(r"\bspam")
_STOP_WORD: Final = re.compile(r"\b(?:stop|alto|basta)\b")

_IN_ONE_WORD: Final = """
    停 取消 中止 解除 終止 终止 配信停止 退会 중지 정지 중단 그만 취소 해지 수신거부 스톱 스탑 ストップ
    стоп отписаться отмена стой хватит прекратите остановите зупинити припиніть відписатися досить спри спрете
    توقف قف أوقف اوقف إيقاف ايقاف إلغاء الغاء كفى لغو توقّف ایست روکو روکیں
    रोकें रोको रुको रुकें बंद कैंसल स्टॉप थांबा থামুন বন্ধ ਬੰਦ ਰੁਕੋ બંધ રોકો நிறுத்து ఆపు
    dừng hủy ngừng ngưng huỷ σταμάτα στοπ עצור די הפסק หยุด ยกเลิก ឈប់ ຢຸດ վերջ კმარა አቁም зогс
    arrêt arrêter désabonner
"""
_WORDS_ELSEWHERE: Final = frozenset(_IN_ONE_WORD.split())
_SIGNS_ELSEWHERE: Final = re.compile(
    r"停止|停用|退[订訂會会]|取消(?:订阅|訂閱)|不要再|[别別]再|不要(?:给我)?[发發]|[别別][发發]|勿[扰擾]|拒收"
    r"|やめて|やめろ|止めて|止めろ|とめて|送らないで|配信しないで"
    r"|그만|중지|정지|중단|수신 ?거부|보내지 ?마|멈춰"
    r"|отпи[сш]\w*|не (?:пиш|присыла|шли|отправля|беспоко)\w*|прекрати\w*|відпи[сш]\w*|не (?:надсил|турбу)\w*"
    r"|لا ترسل|أوقفوا|اوقفوا|نفرست|بند کر|मत भेज|बंद कर"
)
_CHARGING_ELSEWHERE: Final = re.compile(r"充[电電]|충전|заря|شحن|चार्ज|شارژ|\d")
_MOST_WORDS: Final = 4


_STOP_SIGNS: Final = frozenset("🛑⛔🚫🔕📵🙅✋🖕")


_START_AGAIN: Final = re.compile(
    r"(?:(?:please|pls|hi|hey|hello|ok|yes|can|could|you|u|i|i'd|want|would|like|to|just|and|wanna|get|"
    r"i changed my mind|ok|your|ur|si|"
    r"por favor|porfa|hola|ya|me|quiero|que)[ ,.]+)*(?:(?:sign|opt) me (?:back |right )*(?:up|"
    r"in|on)\b|"
    r"re-?subscribe\b|put me back (?:on|in)\b|"
    rf"(?:start|resume|begin|restart) (?:the |your |my )?{_SENDING}|turn (?:the |my )?(?:texts|"
    rf"messages) (?:back )?on\b|"
    r"(?:text|txt|message) me again\b(?! (?:when|if|at|in|once|after))|(?:get )?(?:the |your )?(?:texts|"
    r"messages|msgs) (?:again|back)\b|"
    r"(?:quiero que )?(?:me )?(?:quiero|deseo|quisiera) (?:volver a )?recibir (?:los |sus |estos |"
    r"mas )?(?:mensaj|texto|sms|avis|notific)\w*|"
    r"(?:vuelv|empie[cz]|comien[cz]|reanud)\w*(?: de nuevo)? (?:a )?(?:mand|envi)\w+ (?:los |sus |"
    r"estos )?(?:mensaj|texto|sms)\w*|reactiv\w+ (?:los |mis )?(?:mensaj|texto|sms)\w*|"
    r"(?:inscrib|reinscrib|suscrib|registr)(?:anme|eme|irme|ame|ete)\b|"
    r"(?:mand|envi)\w+ (?:los |las )?(?:mensajes|textos) (?:otra vez|de nuevo)\b)"
)
"""From the first word on: whoever withdrew consent is not heard to give it by a slip in a "never"."""
_NOT: Final = re.compile(r"\b(?:no|not|don'?t|dont|never|stop|quit|why|por que)\b|\d")


def says_start(said: str) -> bool:
    """Whether a plain text asks for the texts that were stopped."""
    return bool(_START_AGAIN.match(said)) and not _NOT.search(said)


def is_stop_sign(raw: str) -> bool:
    """Whether a text is a sign that says stop, and nothing else: 🛑, 🔕🔕, 🙅‍♀️."""
    signs = {sign for sign in raw if unicodedata.category(sign) not in ("Sk", "Mn", "Cf", "Zs", "Po")}
    return bool(signs) and signs <= _STOP_SIGNS | {"♀", "♂"} and not signs <= {"♀", "♂"}


def says_stop_elsewhere(raw: str) -> bool:
    """Whether a text in lower case, its signs as they came, asks in another script or tongue for no more."""
    if _CHARGING_ELSEWHERE.search(raw):
        return False
    letters = "".join(sign if unicodedata.category(sign)[0] in "LM" else " " for sign in raw)
    tokens = letters.split()
    few = len(tokens) <= _MOST_WORDS and not _WORDS_ELSEWHERE.isdisjoint(tokens)
    return few or raw in _WORDS_ELSEWHERE or bool(_SIGNS_ELSEWHERE.search(raw))


def says_stop(said: str) -> bool:
    """Whether a plain text asks in a sentence for no more texts."""
    if _SPAM.search(said) and _STOP_WORD.search(said):
        return True
    if _WRONG_NUMBER.search(said) and not re.search(r"\d", said):
        return True
    if _IN_SENTENCE.search(said):
        return True
    return bool(_OPENING_OR_LAST.search(said)) and not _FIGURE.search(said)
