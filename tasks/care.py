"""Keeping the store."""

from readyby import wiring
from readyby.clocks import wall_now
from readyby.own_store import forgetting
from readyby.runs.log import say
from readyby.store.api import BackUp, GrantedTime
from tasks.policy import act

FOLDER = "backups"


@act(attempts=2, timeout_s=600.0)
async def back_up() -> str:
    """One consistent copy of the store, named after the machine's time; its path."""
    here = wiring.current()
    folder = here.settings.state_dir.absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"readyby-{wall_now():%Y%m%dT%H%M%S}.duckdb"
    made = await here.store.ask(BackUp(path=str(path)))
    say(f"backup of {made.size_bytes / 1e6:.1f} MB, {sum(made.tables.values())} rows")
    return made.path


@act()
async def drop_old_backups(keep: int) -> int:
    """Remove all but the newest copies; how many were removed."""
    folder = wiring.current().settings.state_dir.absolute() / FOLDER
    old = sorted(folder.glob("readyby-*.duckdb"))[: -max(1, keep)]
    for path in old:
        path.unlink()
    say(f"{len(old)} old backups removed")
    return len(old)


@act(attempts=2, timeout_s=300.0)
async def forget_old() -> str:
    """Delete what is older than the settings allow; what was deleted, in numbers."""
    here = wiring.current()
    # where time is scaled, the store knows it from the start, and this process's clock only in a moment
    now = await here.store.ask(GrantedTime()) or here.clock.now()
    done = await here.store.do(forgetting(here.settings, now))
    said = (
        f"{done.people} people, holders of {done.sessions} sessions, {done.messages} messages, "
        f"{done.links} links and {done.meter_values} meter values forgotten"
    )
    say(said)
    return said
