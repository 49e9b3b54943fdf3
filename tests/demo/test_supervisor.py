"""The supervisor over tiny real processes: they die, hang, fork away, and never outlive it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from readyby.demo import watchdog
from readyby.demo.part import Part, PartFailed
from readyby.demo.supervisor import PartState, Patience, Supervisor

QUICK = Patience(grace_s=0.3, restarts=2, short_life_s=30.0, backoff_s=0.01)
SLEEP = "import time; time.sleep(60)"
HANG_AT_TERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


@pytest.fixture
def part(tmp_path: Path) -> Callable[..., Part]:
    def make(name: str, code: str, **more: object) -> Part:
        return Part(
            name=name,
            command=(sys.executable, "-I", "-S", "-c", code),
            environment=dict(os.environ),
            folder=tmp_path,
            **more,  # type: ignore[arg-type]
        )

    return make


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def make(*parts: Part, **more: object) -> Supervisor:
        more.setdefault("patience", QUICK)
        made.append(Supervisor(parts, log_dir=tmp_path / "logs", **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for supervisor in made:
        left = watchdog.sweep(supervisor.mark, grace_s=0)
        assert left == []


async def eventually(look: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < deadline, "did not happen"
        await asyncio.sleep(0.02)


async def test_stop_leaves_no_process(part, supervise):
    supervisor = supervise(part("one", SLEEP), part("two", SLEEP, stop_wave=1))
    await supervisor.start()
    await eventually(lambda: len(watchdog.marked(supervisor.mark)) == 2)  # a mark is read after exec
    await supervisor.stop()
    assert watchdog.marked(supervisor.mark) == []


async def test_parts_stop_in_reverse_waves(part, supervise):
    stopped: list[str] = []

    def tell(told: Part, state: PartState, _detail: str) -> None:
        if state is PartState.STOPPED:
            stopped.append(told.name)

    supervisor = supervise(
        part("base", SLEEP), part("middle", SLEEP, stop_wave=1), part("top", SLEEP, stop_wave=2), tell=tell
    )
    await supervisor.start()
    await supervisor.stop()
    assert stopped == ["top", "middle", "base"]


async def test_a_part_that_ignores_sigterm_is_killed_after_the_grace(part, supervise, tmp_path):
    armed = tmp_path / "armed"
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(armed)!r}, 'w'); {SLEEP}"

    async def ready() -> bool:
        return armed.exists()

    supervisor = supervise(part("deaf", code, ready=ready))
    await supervisor.start()
    began = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - began >= QUICK.grace_s
    assert watchdog.marked(supervisor.mark) == []


async def test_a_grandchild_in_its_own_session_is_swept(part, supervise, tmp_path):
    away = tmp_path / "away"
    code = textwrap.dedent(f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-I", "-S", "-c", {SLEEP!r}], start_new_session=True)
        open({str(away)!r}, "w").write(str(child.pid))
        time.sleep(60)
    """)
    supervisor = supervise(part("parent", code))
    await supervisor.start()
    await eventually(lambda: away.exists() and away.read_text() != "")
    assert int(away.read_text()) in watchdog.marked(supervisor.mark)
    await supervisor.stop()
    assert watchdog.marked(supervisor.mark) == []


async def test_a_part_that_dies_is_started_again(part, supervise):
    supervisor = supervise(part("frail", SLEEP))
    await supervisor.start()
    first = supervisor.pid("frail")
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: supervisor.pid("frail") not in (None, first))
    assert supervisor.restarts == {"frail": 1}
    await supervisor.stop()


async def test_a_part_that_keeps_dying_ends_the_demo_and_says_what_it_said(part, supervise):
    supervisor = supervise(
        part("broken", "print('no luck today', flush=True); raise SystemExit(3)", one_shot=True)
    )
    with pytest.raises(PartFailed) as failure:
        await supervisor.start()
    assert "broken: ended with exit code 3" in str(failure.value)
    assert "no luck today" in str(failure.value)
    assert supervisor.restarts == {"broken": QUICK.restarts}
    await supervisor.stop()


async def test_a_misconfigured_part_is_not_started_again(part, supervise):
    supervisor = supervise(part("wrong", "raise SystemExit(78)"))
    await supervisor.start()
    with pytest.raises(PartFailed) as failure:
        await supervisor.watch()
    assert failure.value.exit_code == 78
    assert supervisor.restarts == {}
    await supervisor.stop()


async def test_a_part_that_never_answers_fails_within_its_limit(part, supervise):
    async def never() -> bool:
        return False

    supervisor = supervise(
        part("mute", SLEEP, ready=never, start_within_s=0.2), patience=Patience(restarts=0, grace_s=0.2)
    )
    with pytest.raises(PartFailed, match="mute: did not answer within"):
        await supervisor.start()
    await supervisor.stop()


async def test_a_part_is_not_up_by_the_answer_of_anothers_server(part, supervise):
    """Somebody else listens on its port: what answers there is not the part."""

    async def answers() -> bool:
        return True

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        late = part("late", SLEEP, ready=answers, port=other.getsockname()[1], start_within_s=0.3)
        supervisor = supervise(late, patience=Patience(restarts=0, grace_s=0.2))
        with pytest.raises(PartFailed, match="late: did not answer within"):
            await supervisor.start()
        await supervisor.stop()


async def test_a_part_is_up_when_it_listens_itself(part, supervise, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = (
        f"import socket, time; s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen(); time.sleep(60)"
    )
    supervisor = supervise(part("server", code, port=port))
    await supervisor.start()
    assert supervisor.pid("server") is not None
    await supervisor.stop()


async def test_lives_that_are_long_enough_are_not_counted(part, supervise):
    patience = Patience(grace_s=0.2, restarts=1, short_life_s=0.0, backoff_s=0.01)
    supervisor = supervise(part("frail", SLEEP), patience=patience)
    await supervisor.start()
    for _ in range(3):
        before = supervisor.pid("frail")
        os.kill(before, signal.SIGKILL)
        await eventually(lambda before=before: supervisor.pid("frail") not in (None, before))
    assert supervisor.restarts == {"frail": 3}
    await supervisor.stop()


async def test_a_part_waits_for_those_it_needs(part, supervise, tmp_path):
    done = tmp_path / "done"
    first = part("first", f"import time; time.sleep(0.1); open({str(done)!r}, 'w')", one_shot=True)
    second = part(
        "second", f"import os, time; assert os.path.exists({str(done)!r}); time.sleep(60)", after=("first",)
    )
    supervisor = supervise(second, first, patience=Patience(restarts=0, grace_s=0.2))
    await supervisor.start()
    assert supervisor.pid("first") is None
    assert supervisor.pid("second") is not None
    await supervisor.stop()


SUPERVISE_FOREVER = textwrap.dedent("""
    import asyncio, os, sys
    from pathlib import Path
    from readyby.demo import watchdog
    from readyby.demo.part import Part
    from readyby.demo.supervisor import Patience, Supervisor

    async def main():
        deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
        away = (
            "import subprocess, sys, time;"
            "subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(60)'],"
            " start_new_session=True); time.sleep(60)"
        )
        parts = [
            Part(name=name, command=(sys.executable, "-I", "-S", "-c", code), environment=dict(os.environ),
                 folder=Path(sys.argv[1]))
            for name, code in (("deaf", deaf), ("away", away))
        ]
        supervisor = Supervisor(parts, log_dir=Path(sys.argv[1]) / "logs", patience=Patience(grace_s=0.4))
        await supervisor.start()
        while len(watchdog.marked(supervisor.mark)) < 3:
            await asyncio.sleep(0.02)
        print(supervisor.mark, flush=True)
        await supervisor.watch()

    asyncio.run(main())
""")


def test_killing_the_supervisor_leaves_nothing(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE_FOREVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        mark = supervisor.stdout.readline().strip()
        assert len(watchdog.marked(mark)) == 3
        supervisor.kill()
    deadline = time.monotonic() + 20
    while watchdog.marked(mark):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_only_marked_processes_are_seen():
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", SLEEP]) as bystander:
        try:
            assert bystander.pid not in watchdog.marked("ab")
        finally:
            bystander.kill()
