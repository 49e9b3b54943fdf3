"""What was understood is said back: weekday, half and amount, in the driver's language, in one SMS."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from readyby import words
from readyby.messages import SINGLE_SEPTETS, gsm7, septets
from readyby.replies import Request, understand
from readyby.requests import MOST_STAY
from readyby.sms.inbound import TextDesk, TextMessage
from tests.support.drivers import ADA, DriverWorld
from tests.support.texts import ZONE, read_corpus

SAMPLE = 35
"""Fewer than a number may text in a day."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_wish_is_said_back_with_half_weekday_and_amount(world: DriverWorld, language: str) -> None:
    if language == "es":
        world.speak_spanish(ADA)
    world.plug_in(1)
    desk, now = TextDesk(world.desk), world.clock.now()
    heard = ((line.text, understand(line.text, now, ZONE)) for line in read_corpus())
    wishes = [
        (text, wish)
        for text, wish in heard
        if isinstance(wish, Request)
        and wish.amount
        and wish.departure
        and wish.departure.at < now + MOST_STAY
    ]
    for count, (text, wish) in enumerate(random.Random(5).sample(wishes, SAMPLE)):
        answer = desk.answer(TextMessage(message_sid=f"SM{count}", phone=world.phone(ADA), body=text))
        assert answer is not None, text
        assert septets(answer) <= SINGLE_SEPTETS, answer
        assert wish.departure is not None
        assert wish.amount is not None
        assert gsm7(words.when(wish.departure.at, ZONE, language)) in answer, (text, answer)
        amount = {"full": "kWh", "km": "mi"}.get(wish.amount.unit, words.number(wish.amount.value))
        assert amount in answer, (text, answer)
