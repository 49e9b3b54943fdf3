"""A carrier that refuses the account: nothing is lost or hammered, it is seen, and it ends by itself."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from readyby import wiring
from readyby.sms.api import Halted, Refused
from readyby.sms.delivery import PLACES, is_halting
from readyby.sms.memory import MemoryMessenger
from readyby.store.api import MatchSessions, ReadSendingHold, RecordDelivery, SendingHold
from readyby.store.commands.holding import FIRST_WAIT, LONGEST_WAIT, wait_after
from tasks.notify import send_messages
from tests.support.drivers import ADA, BO, DriverWorld

REFUSED = Halted("twilio: refused (20003): the account's credentials are wrong", code="20003")


class Waiting(DriverWorld):
    """Two drivers whose welcomes are intended."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self._ingest([self.small.session(1, ADA), self.small.session(2, BO)])
        self.store.do(MatchSessions(now=self.clock.now()))

    @property
    def carrier(self) -> MemoryMessenger:
        messenger = self.small.adapters.messenger
        assert isinstance(messenger, MemoryMessenger)
        return messenger

    def send(self) -> int:
        wiring.use(self.small.adapters)
        try:
            return asyncio.run(send_messages())
        finally:
            wiring.use(None)

    def held(self) -> SendingHold | None:
        return self.store.ask(ReadSendingHold())

    def states(self) -> list[str]:
        cursor = self.small.store.database.cursor()
        found = [row[0] for row in cursor.execute("select state from message order by created_at").fetchall()]
        cursor.close()
        return found

    def tell(self, provider_id: str, status: str, code: str | None = None) -> None:
        self.store.do(
            RecordDelivery(
                provider_id=provider_id,
                status=status,
                place=PLACES[status],
                at=self.clock.now(),
                error_code=code,
                halting=is_halting(code),
            )
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Waiting]:
    made = Waiting(tmp_path)
    yield made
    made.close()


def test_messages_wait_and_leave_once_when_the_account_is_put_right(world: Waiting) -> None:
    world.carrier.failures.extend([REFUSED, REFUSED])
    assert world.send() == 1
    assert world.states() == ["intent", "intent"]
    assert world.send() == 0  # not asked again at once
    world.wait(seconds=30)
    assert world.send() == 1
    held = world.held()
    assert held is not None
    assert (held.code, held.tries, held.next_try_at) == ("20003", 2, world.clock.now() + 2 * FIRST_WAIT)
    world.wait(seconds=59)
    assert world.send() == 0
    world.wait(seconds=1)
    assert world.send() == 2
    assert world.states() == ["sent", "sent"]
    assert len({phone for phone, _ in world.carrier.sent}) == 2
    assert world.held() is None


def test_it_is_told_in_one_line_and_again_when_it_is_over(world: Waiting) -> None:
    world.carrier.failures.extend([REFUSED] * 3)
    with capture_logs() as logs:
        for _ in range(60):
            world.send()
            world.wait(seconds=5)
    told = [line["event"] for line in logs if line["log_level"] != "debug"]
    assert told == ["carrier refuses the account: messages wait", "carrier takes messages again"]
    assert not [line for line in logs if world.phone(ADA) in str(line)]


def test_what_waited_longer_than_its_worth_is_never_sent(world: Waiting) -> None:
    world.carrier.failures.append(REFUSED)
    world.send()
    world.wait(hours=13)
    assert world.send() == 0
    assert world.states() == ["dropped", "dropped"]
    assert world.carrier.sent == []


def test_a_number_that_is_refused_shows_that_the_account_is_not(world: Waiting) -> None:
    world.carrier.failures.extend([REFUSED, Refused("not a mobile number", code="21614")])
    world.send()
    world.wait(seconds=30)
    assert world.send() == 2
    assert sorted(world.states()) == ["refused", "sent"]
    assert world.held() is None


def test_refusals_after_the_taking_let_one_try_at_a_time_leave_until_one_arrives(world: Waiting) -> None:
    world.tell("memory-0", "undelivered", "30034")
    assert world.send() == 0
    world.wait(seconds=30)
    assert world.send() == 1  # although two wait
    assert world.send() == 0
    world.tell("memory-0", "undelivered", "30034")  # told twice: no further try
    held = world.held()
    assert held is not None
    assert (held.by_delivery, held.tries) == (True, 1)
    world.tell("memory-1", "delivered")
    assert world.held() is None
    assert world.send() == 1
    assert world.states() == ["sent", "sent"]


def test_an_old_message_that_arrives_proves_nothing(world: Waiting) -> None:
    world.send()
    world.wait(seconds=1)
    world.tell("memory-1", "undelivered", "30034")
    world.tell("memory-2", "delivered")
    assert world.held() is not None


def test_the_waiting_grows_and_has_an_end() -> None:
    waits = [wait_after(tries) for tries in range(1, 40)]
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert set(waits[5:]) == {LONGEST_WAIT}
    assert timedelta(minutes=5) < LONGEST_WAIT < timedelta(hours=1)
