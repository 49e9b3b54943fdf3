"""Campaigns against the drivers' doors: bad keys, forged texts, fuzzed forms, changed texts.

Each counts what was tried, what was wrongly accepted, and what ended in an unhandled error: the last two
must be zero. Run whole by `make proof-drivers`; the tests run a small part.
"""

import random
import string
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from typing import Any, TypeVar

import pyarrow as pa
from starlette.applications import Starlette

from readyby import links
from readyby.sms.inbound import TextDesk
from readyby.sms.signature import sign
from readyby.sms.webhook import InboundWebhook, inbound_url
from readyby.store.api import Command, ListParticipants, Query
from readyby.store.statements import statement
from readyby.web.driver import DriverDesk
from readyby.web.page import PageMaker
from readyby.web.rates import Rates
from readyby.web.routes import PlainPages
from tests.support.asgi import SteadyClient, served
from tests.support.drivers import SMS_TOKEN, DriverWorld, Waiting
from tests.support.joining import Joining, ticket_of
from tests.support.text_changes import mutate, slip
from tests.support.texts import heard, is_silently_wrong, read_corpus

BATCH = 10_000
ODD = (
    "", " ", "nan", "inf", "1e9", "-5", "1_000", "１２", "40.", "0x10", "9" * 40, "\x00", "🚗", "=1+1",
    "'; drop table request; --", "<script>alert(1)</script>", "%00", "../../etc", "2019-07-24",
    "17:30", "25:99", "mi", "kwh", "save",
)  # fmt: skip
JOIN_FIELDS = (
    "step", "phone", "vehicle", "consumption", "consumption_unit", "token_way", "token_uid", "evse_id",
    "consent", "consent_version", "language", "code", "session_id",
)  # fmt: skip
JOIN_STEPS = ("ask", "code", "replied", "start", "mine")
ABROAD = ("+18765550100", "+442071838750")
JOIN_ODD = (
    *ODD, *JOIN_STEPS, "plug_in", "number", "crossover", "E1", "es", "000000",
    "911", *ABROAD, "tag-ada", "S1", "2135550100;ext=1",
)  # fmt: skip
"""No number here may be texted, so that no form can be right; steps and codes are as they should be."""


@dataclass(slots=True, kw_only=True)
class Count:
    """What a campaign came to."""

    campaign: str
    seed: int
    tried: int = 0
    accepted: int = 0
    errors: int = 0
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def _keys(chance: random.Random, real: str) -> Iterator[str]:
    """Keys as somebody would try them: random ones, near ones, cut ones, odd ones."""
    letters = string.ascii_letters + string.digits
    while True:
        yield "".join(chance.choices(letters, k=links.KEY_LETTERS))
        place = chance.randrange(len(real))
        near = real[:place] + chance.choice(letters) + real[place + 1 :]
        if near != real:
            yield near
        yield real[: chance.randrange(len(real))]
        yield real.swapcase()
        yield chance.choice(ODD)


def bad_keys_at_the_lookup(world: DriverWorld, real: str, tries: int, seed: int) -> Count:
    """Wrong keys straight at the store's lookup: its own statement, over many keys at once.

    What the doors do with one key at a time is tried over HTTP.
    """
    count = Count(campaign="bad keys at the lookup", seed=seed)
    keys = _keys(random.Random(seed), real)
    lookup = statement("queries/link").rstrip().rstrip(";").replace("$key_hash", "b.key_hash")
    over_all = f"select count(*) from batch b, lateral ({lookup}) found"
    cursor = world.small.store.database.cursor()
    while count.tried < tries:
        hashes = [links.key_hash(next(keys)) for _ in range(min(BATCH, tries - count.tried))]
        cursor.register("batch", pa.table({"key_hash": hashes}))
        (found,) = cursor.execute(over_all).fetchall()[0]
        count.tried += len(hashes)
        count.accepted += found
    cursor.register("batch", pa.table({"key_hash": [links.key_hash(real)]}))
    ((found,),) = cursor.execute(over_all).fetchall()
    assert found == 1, "the statement finds the key that is right; else it proves nothing"
    cursor.close()
    return count


def fuzzed_joins(world: DriverWorld, tries: int, seed: int) -> Count:
    """The enrollment page's forms as nobody fills them, at every step, with honest and forged tickets.

    `accepted` counts codes that left for a number, and people who were enrolled: no form here earns one.
    """
    count, chance = Count(campaign="fuzzed enrollment forms", seed=seed), random.Random(seed)
    joining, answers = Joining(world), Counter[int]()
    before = len(world.store.ask(ListParticipants()))
    with SteadyClient(joining.app, "https://ev.example") as client:
        while count.tried < tries:
            if count.tried % 1000 == 0:
                ticket = ticket_of(client.get("/join/E1"))
            count.tried += 1
            form = {name: chance.choice(JOIN_ODD) for name in JOIN_FIELDS if chance.random() < 0.8}
            if chance.random() < 0.5:
                form["phone"] = chance.choice(ABROAD)
            form["ticket"] = ticket if chance.random() < 0.8 else chance.choice((ticket[:-1], *ODD))
            form["step"] = chance.choice(JOIN_STEPS) if chance.random() < 0.8 else chance.choice(JOIN_ODD)
            answer = client.post(f"/join{chance.choice(('/E1', '/E2', ''))}", data=form)
            answers[answer.status_code] += 1
            count.errors += answer.status_code >= 500
    count.accepted = len(joining.deliver()) + len(world.store.ask(ListParticipants())) - before
    count.note = ", ".join(f"{times} x {code}" for code, times in sorted(answers.items()))
    return count


R = TypeVar("R")


class SteadyStore:
    """A store whose answers are kept until something is written: forms that change nothing read the same."""

    def __init__(self, store: Waiting) -> None:
        self._store, self._kept = store, dict[Query[Any], Any]()

    def do(self, command: Command[R], *, op_id: str | None = None) -> R:
        self._kept.clear()
        return self._store.do(command, op_id=op_id)

    def ask(self, query: Query[R]) -> R:
        if query not in self._kept:
            self._kept[query] = self._store.ask(query)
        answer: R = self._kept[query]
        return answer


def doors_of(world: DriverWorld, desk: DriverDesk | None = None) -> Starlette:
    """The plain page's routes and the webhook, without limits."""
    pages = PlainPages(desk or world.desk, PageMaker("ReadyBy", world.prices), rates=Rates(on=False))
    webhook = InboundWebhook(TextDesk(world.desk), world.settings)
    return Starlette(routes=[*pages.routes(), *webhook.routes()])


def client_of(world: DriverWorld, desk: DriverDesk | None = None) -> SteadyClient:
    return SteadyClient(doors_of(world, desk), "https://ev.example")


def bad_keys_over_http(world: DriverWorld, real: str, tries: int, seed: int) -> Count:
    """Wrong keys at the page's door, over a socket: the same answer to each."""
    count, answers = Count(campaign="bad keys over HTTP", seed=seed), set[tuple[int, bytes]]()
    with served(doors_of(world)) as port, closing(HTTPConnection("127.0.0.1", port)) as caller:
        assert _status(caller, f"/c/{real}")[0] == 303, "the right key opens; else nothing is proven"
        for key in _keys(random.Random(seed), real):
            if count.tried >= tries:
                break
            if not links.is_key(key):
                continue  # what a URL cannot carry as a key is the router's business
            count.tried += 1
            answer = _status(caller, f"/c/{key}")
            answers.add(answer)
            count.accepted += answer[0] != 404
            count.errors += answer[0] >= 500
    count.note = f"{len(answers)} different answers"
    return count


def _status(caller: HTTPConnection, path: str) -> tuple[int, bytes]:
    caller.request("GET", path)
    with caller.getresponse() as answer:
        return answer.status, answer.read()


def forged_texts(world: DriverWorld, tries: int, seed: int) -> Count:
    """Texts without the carrier's signature, with another's, or changed after signing; and replays."""
    count, chance = Count(campaign="forged or replayed texts", seed=seed), random.Random(seed)
    url = inbound_url(world.settings)
    honest = {"MessageSid": "SMhonest", "From": world.phone(), "Body": "status"}
    signature = sign(SMS_TOKEN, url, honest)
    replay = {"X-Twilio-Signature": signature}
    with client_of(world) as client:
        client.post("/sms/inbound", data=honest, headers=replay)
        while count.tried < tries:
            count.tried += 1
            forged = _forged(chance, url, honest, signature)
            form, signed = forged or (honest, signature)
            answer = client.post("/sms/inbound", data=form, headers={"X-Twilio-Signature": signed})
            # a replay has no effect and no answer
            count.accepted += answer.status_code == 200 if forged else "<Message>" in answer.text
            count.errors += answer.status_code >= 500
    return count


def _forged(
    chance: random.Random, url: str, honest: dict[str, str], signature: str
) -> tuple[dict[str, str], str] | None:
    """A form and a signature that do not belong together; None for the honest one once more."""
    match chance.randrange(5):
        case 0:
            return honest, sign("another token", url, honest)
        case 1:
            body = chance.choice(("NOW", "STOP", "5pm 40mi", *ODD))
            return {**honest, "Body": body}, signature
        case 2:
            return honest, "".join(chance.choices(string.ascii_letters + "+/=", k=28))
        case 3:
            other = chance.choice(("http://evil.example/sms/inbound", url + "?", url[:-1]))
            return honest, sign(SMS_TOKEN, other, honest)
        case _:
            return None


def fuzzed_forms(world: DriverWorld, real: str, tries: int, seed: int) -> Count:
    """Forms as nobody fills them: nothing odd is stored, nothing breaks."""
    count, chance = Count(campaign="fuzzed forms", seed=seed), random.Random(seed)
    answers = Counter[int]()
    fields = ("request_id", "departure_day", "departure_time", "amount", "unit", "action", "later_day")
    desk = DriverDesk(SteadyStore(world.store), world.clock, world.settings)
    with client_of(world, desk) as client:
        path = str(client.get(f"/c/{real}").headers["location"])
        while count.tried < tries:
            count.tried += 1
            form = {name: chance.choice(ODD) for name in fields if chance.random() < 0.8}
            answer = client.post(path, data=form)
            answers[answer.status_code] += 1
            count.accepted += answer.status_code == 303
            count.errors += answer.status_code >= 500
    count.note = ", ".join(f"{times} x {code}" for code, times in sorted(answers.items()))
    return count


def changed_texts(tries: int, seed: int) -> Count:
    """The corpus of drivers' texts after slips and flourishes: `accepted` counts misreadings."""
    count, chance, exact = Count(campaign="changed texts", seed=seed), random.Random(seed), 0
    lines = list(read_corpus())
    while count.tried < tries:
        count.tried += 1
        line = chance.choice(lines)
        text = mutate(line.text, chance, chance.randint(1, 3))
        text = slip(text, chance) if chance.random() < 0.3 else text
        answer = heard(text, line.now)
        exact += answer == line.meaning
        count.accepted += is_silently_wrong(line.meaning, answer)
    count.note = f"{exact / max(1, tries):.4f} exact"
    return count
