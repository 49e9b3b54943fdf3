"""From the ideal plan to one that EVSEs can follow: 0, or from the least pilot to the most (I-4), in runs.

The ideal plan's load decides cost; who draws it is dealt out anew, going backward from the last slot:
there sessions only join, and who has the least time to spare down to its arrival is served first, with a
bonus for who runs in the slot after, so that runs are long. Sessions whose EVSE allows few pauses or needs
minimum times are then laid again in runs. What is still missing is given where limits leave room, under the
ideal plan's peaks as long as that suffices, under the limits always.
"""

import numpy as np

from readyby.planning.dealing import RUN_BONUS_H, Deal, deal
from readyby.planning.filling import cells_of, give, put_all, take_excess
from readyby.planning.grid import Grid
from readyby.planning.keeping import Kept, find_kept, loosen, no_kept, settle_running
from readyby.planning.limits import Room, SlotLimits
from readyby.planning.money import billed_peaks_kw
from readyby.planning.optimize import Ideal, NoAnswer
from readyby.planning.pauses import fill_pauses
from readyby.planning.pilots import ENOUGH_KWH, Pilot, fill_runs, pilots_of
from readyby.planning.rounding import around_runs, round_setpoints
from readyby.planning.swaps import Swap, swap_in
from readyby.planning.types import Flags, Floats
from readyby.planning.worth import KEPT_SHORT, KEPT_WORTH, SMALL_KWH, Work

RAISED = (1.0, 1.005, 1.01, 1.02, 1.05)
"""Peaks, as shares of the ideal plan's, under which what is missing is tried to be given."""
SWAPS = 6
FEW_SESSIONS = 120
_RUNS_WORTH = 0.005
KEPT_PEAK = 1.002
"""Peaks, as shares of the ideal plan's, that keeping to the last plan may set."""
KEPT_TRIES = 3
QUICK_LET_GO = (2.0, 4.0, 8.0, 16.0)
"""Energy that a quick plan lets go of step by step, as multiples of what is missing."""
_RUNS_SHORT = 0.005
_DEALT_WORTH, _DEALT_SHORT = 0.0075, 0.002
"""What a plan may cost and miss, as shares, so that the solver is not asked for a better one."""
_DEALS = (False, True)
_HAIR_KW = 1e-6
DENSE = 200_000
"""Cells up to which swaps and pauses are looked at: beyond, single sessions do not show in the cost."""


def make_executable(grid: Grid, limits: SlotLimits, ideal: Ideal, *, quick: bool = False) -> Floats:
    """Power per cell that respects every limit and every EVSE's steps.

    What the last plan said stays, session by session, where it still serves, as long as the whole costs no
    more than `KEPT_WORTH` of the objective above a plan made afresh. A `quick` plan deals out the others
    beside it without asking the solver again; where that misses too much, or would set a new peak in the
    running slot, all are dealt out, and at last the plan is made as carefully as any.
    """
    work = Work(grid=grid, limits=limits, ideal=ideal, pilots=pilots_of(grid))
    ceiling = _peak_ceiling(grid, billed_peaks_kw(grid, ideal.power_kw) * KEPT_PEAK)

    def keep(below_kw: Floats, *, topped_up: bool = False) -> Kept:
        return find_kept(
            grid, limits, work.least_kwh, ceiling_kw=below_kw, scarce=ideal.scarce, topped_up=topped_up
        )

    anywhere = np.full(grid.steps, np.inf)
    if quick:
        soon = _made_soon(work, keep(anywhere, topped_up=True), ceiling)
        if soon is not None:
            return soon
    most = None
    for under_peaks in (False, True):
        kept = keep(ceiling if under_peaks else anywhere)
        for _ in range(KEPT_TRIES):
            if not np.any(kept.sessions):
                break
            power = _made_well(work, kept)
            if work.is_good(power, worth=KEPT_WORTH, short=KEPT_SHORT):
                return power
            if most is None:
                most = power
                break
            kept = loosen(grid, kept, power, target_kwh=work.least_kwh, ceiling_kw=ceiling)
    fresh = _afresh(work)
    return fresh if most is None or not work.is_as_good(most, fresh) else most


def _made_soon(work: Work, kept: Kept, ceiling_kw: Floats) -> Floats | None:
    """A plan that does until a careful one follows, beside all of the last one that can stay; else None."""
    grid = work.grid
    now_kw = np.full(grid.steps, np.inf)
    now_kw[:1] = work.may_now_kw(ceiling_kw)
    for let_go in QUICK_LET_GO:
        power = _made(work, kept, asking=False)
        if work.does_for_now(power, ceiling_kw):
            return power
        if not np.any(kept.sessions):
            return None
        kept = loosen(grid, kept, power, target_kwh=work.least_kwh, ceiling_kw=now_kw, let_go=let_go)
    power = _made(work, no_kept(grid), asking=False)
    return power if work.does_for_now(power, ceiling_kw) else None


def _afresh(work: Work) -> Floats:
    """The first of several ways that costs little more than the ideal plan, else the best of them."""
    tried: list[Floats] = []
    for make in (_made_well, _made_everywhere):
        tried.append(make(work, no_kept(work.grid)))
        if work.is_good(tried[-1], worth=_RUNS_WORTH, short=_RUNS_SHORT):
            break
        if work.ideal.search is None and work.grid.n > FEW_SESSIONS:
            break
    return min(tried, key=work.rank)


def _made_everywhere(work: Work, kept: Kept) -> Floats:
    """From the ideal plan's own times."""
    return _made(work, kept, run_bonus_h=0.0, everywhere=True)


def _made_well(work: Work, kept: Kept) -> Floats:
    """As dealt, if that costs little more than the ideal plan; else the best of that and of what the solver
    makes, which finds the cheapest powers.
    """
    dealt: list[Floats] = []
    for bent_first in _DEALS[: 1 + bool(work.grid.tapered)] if work.ideal.search is not None else ():
        power = _made(work, kept, asking=False, bent_first=bent_first)
        if not all(_keeps_rules(work, power, int(index)) for index in np.flatnonzero(~kept.sessions)):
            continue
        if work.is_good(power, worth=_DEALT_WORTH, short=_DEALT_SHORT):
            return power
        dealt.append(power)
    return min([_made(work, kept), *dealt], key=work.rank)


def _made(
    work: Work,
    kept: Kept,
    *,
    run_bonus_h: float = RUN_BONUS_H,
    everywhere: bool = False,
    asking: bool = True,
    bent_first: bool = False,
) -> Floats:
    """A plan beside what is kept: dealt out in runs, the cheapest powers found for these, and finished.

    `everywhere` starts from the ideal plan's own times instead; without `asking` the powers stay as dealt;
    with `bent_first` those whose battery bends have a head start in the deal.
    """
    grid, limits, ideal, pilots = work.grid, work.limits, work.ideal, work.pilots
    search = ideal.search if asking else None
    target = np.where(
        kept.sessions, np.minimum(work.target_kwh, grid.delivered_kwh(kept.power_kw)), work.target_kwh
    )
    ceilings = _ceilings(grid, billed_peaks_kw(grid, ideal.power_kw))
    room = Room(grid, limits, kept.power_kw)
    if search is None or not everywhere:
        _deal_out(work, room, kept, target, run_bonus_h=run_bonus_h, bent_first=bent_first)
    if search is None:
        _top_up(work, room, kept, ceilings)
        _lay_unruly(work, room, ~kept.sessions, target, ceilings)
    if search is not None:
        bent = (work.tapered | work.stepped)[grid.cell_session]
        runs = around_runs(grid, room.power_kw) | bent | everywhere
        try:
            power = round_setpoints(
                grid,
                limits,
                search,
                start_kw=ideal.power_kw,
                may_run=runs,
                pilots=pilots,
                kept=kept,
            )
        except NoAnswer:
            pass
        else:
            room = Room(grid, limits, _floored(grid, pilots, power, kept))
            _lay_unruly(work, room, ~kept.sessions & ~work.tapered, target, ceilings)
    _flatten_ramp(grid, room)
    if search is not None:
        target = np.minimum(target, work.least_kwh)
    _give_missing(grid, room, pilots, target, ceilings)
    if grid.n * grid.steps <= DENSE:
        ceiling = _peak_ceiling(grid, billed_peaks_kw(grid, room.power_kw))
        fill_pauses(grid, room, pilots, ~kept.sessions, ceiling)
    settle_running(grid, room, pilots, work.least_kwh)
    _flatten_ramp(grid, room)
    return room.power_kw


def _top_up(work: Work, room: Room, kept: Kept, ceilings: tuple[Floats, ...]) -> None:
    """Give kept sessions in later slots what they lack: what they do now stays."""
    grid = work.grid
    for ceiling_kw in (ceilings[0], ceilings[-1]):
        later_kw = ceiling_kw.copy()
        later_kw[:1] = room.load_kw[:1]
        lacking_kwh = np.where(kept.sessions, work.least_kwh - grid.delivered_kwh(room.power_kw), 0.0)
        for index in _least_laxity_first(grid, lacking_kwh):
            cells, pilot = cells_of(grid, index), work.pilots[index]
            give(grid, room, pilot, cells, missing_kwh=float(lacking_kwh[index]), ceiling_kw=later_kw)


def _deal_out(
    work: Work, room: Room, kept: Kept, target_kwh: Floats, *, run_bonus_h: float, bent_first: bool
) -> None:
    """Deal the ideal load out beside what is kept."""
    slow = work.stepped | work.tapered if bent_first else work.stepped
    grid, kinds, ideal_kw = work.grid, work.limits.kinds, work.ideal.power_kw
    load = np.zeros((int(kinds.max(initial=0)) + 1, grid.steps))
    np.add.at(load, (kinds[grid.cell_session], grid.cell_slot), ideal_kw - room.power_kw)
    dealt = Deal(
        kinds=kinds,
        load_kw=np.maximum(0.0, load),
        target_kwh=target_kwh,
        run_bonus_h=run_bonus_h,
        slow=slow,
        among=~kept.sessions,
    )
    deal(grid, room, work.pilots, dealt)


def _floored(grid: Grid, pilots: list[Pilot], power_kw: Floats, kept: Kept) -> Floats:
    """Setpoints in whole quanta, those of kept sessions as they were."""
    floored = kept.power_kw.copy()
    for index in np.flatnonzero(~kept.sessions):
        cells = cells_of(grid, int(index))
        floored[cells] = pilots[index].floors(power_kw[cells])
    return floored


def _ceilings(grid: Grid, peaks_kw: Floats) -> tuple[Floats, ...]:
    """Loads per slot that set ever higher peaks, and no bound at last."""
    return (*(_peak_ceiling(grid, peaks_kw * raised) for raised in RAISED), np.full(grid.steps, np.inf))


def _give_missing(
    grid: Grid, room: Room, pilots: list[Pilot], target: Floats, ceilings: tuple[Floats, ...]
) -> None:
    """Give what the deal left over: under the peaks, by a swap, then under ever higher peaks."""

    def give_to(session: int, kwh: float, ceiling: Floats = ceilings[0]) -> float:
        cells = cells_of(grid, session)
        return give(grid, room, pilots[session], cells, missing_kwh=kwh, ceiling_kw=ceiling)

    for session in _least_laxity_first(grid, target - grid.delivered_kwh(room.power_kw)):
        cells = cells_of(grid, session)
        short = float(target[session] - room.power_kw[cells] @ grid.cell_kwh_per_kw[cells])
        short = give_to(session, short)
        for _ in range(SWAPS):
            if short <= SMALL_KWH or grid.n * grid.steps > DENSE:
                break
            spare = np.minimum(1e6, ceilings[0] - room.load_kw)
            wish = Swap(session=session, missing_kwh=short, spare_kw=spare)
            if not swap_in(grid, room, pilots, wish, give_to):
                break
            short = float(target[session] - room.power_kw[cells] @ grid.cell_kwh_per_kw[cells])
        for ceiling in ceilings[1:]:
            if short > ENOUGH_KWH:
                short = give_to(session, short, ceiling)
        take_excess(grid, room, pilots[session], cells, float(target[session]))


def _least_laxity_first(grid: Grid, missing_kwh: Floats) -> list[int]:
    spare_h = (grid.reachable_kwh - grid.need_kwh) / np.maximum(grid.max_kw, 1e-9)
    short = np.flatnonzero(missing_kwh > ENOUGH_KWH)
    return [int(i) for i in short[np.argsort(spare_h[short], kind="stable")]]


def _lay_unruly(
    work: Work, room: Room, among: Flags, target_kwh: Floats, ceilings: tuple[Floats, ...]
) -> None:
    """Lay the sessions again whose runs break their EVSE's rules, in runs under the lowest peak that does."""
    for session in np.flatnonzero(among):
        if not _keeps_rules(work, room.power_kw, int(session)):
            _lay_again(work, room, int(session), float(target_kwh[session]), ceilings)


def _keeps_rules(work: Work, power_kw: Floats, session: int) -> bool:
    """Whether a session's runs and times are such as its EVSE allows."""
    pilot = work.pilots[session]
    return not pilot.has_rules or pilot.allows(power_kw[cells_of(work.grid, session)] > 0)


def _lay_again(work: Work, room: Room, session: int, target_kwh: float, ceilings: tuple[Floats, ...]) -> None:
    grid, pilot = work.grid, work.pilots[session]
    cells = cells_of(grid, session)
    for cell in cells[room.power_kw[cells] > 0]:
        room.put(int(cell), 0.0)
    for ceiling in ceilings:
        top = np.minimum(room.allowed(session), (ceiling - room.load_kw)[grid.cell_slot[cells]])
        power = fill_runs(pilot, top, grid.cell_kwh_per_kw[cells], target_kwh)
        if power @ grid.cell_kwh_per_kw[cells] >= target_kwh - ENOUGH_KWH:
            break
    put_all(grid, room, pilot, cells, power)


def _peak_ceiling(grid: Grid, peaks_kw: Floats) -> Floats:
    """Power of each slot that keeps every billed peak where the ideal plan has it."""
    ceiling = np.full(grid.steps, np.inf)
    for k, peak in enumerate(peaks_kw):
        room = (peak * grid.window_h - grid.used_kwh) / grid.slot_h
        ceiling = np.where(grid.peak_slots[k], np.minimum(ceiling, room), ceiling)
    return ceiling


def _flatten_ramp(grid: Grid, room: Room) -> None:
    """Lower what rises faster than the ramp allows, sessions with the most time to spare first."""
    limit = grid.situation.ramp_kw
    if limit is None:
        return
    spare_h = (grid.reachable_kwh - grid.need_kwh) / np.maximum(grid.max_kw, 1e-9)
    before = grid.situation.running_kw
    for slot in range(grid.steps):
        if room.load_kw[slot] - before - limit <= _HAIR_KW:
            before = float(room.load_kw[slot])
            continue
        cells = np.flatnonzero(grid.cell_slot == slot)
        for cell in cells[np.argsort(-spare_h[grid.cell_session[cells]], kind="stable")]:
            over = room.load_kw[slot] - before - limit
            if over <= _HAIR_KW:
                break
            session = grid.cell_session[cell]
            lowered = float(room.power_kw[cell]) - over
            levels = grid.stays[int(session)].levels_kw
            keep = lowered >= grid.min_kw[session] and not levels
            room.put(int(cell), np.floor(lowered * 1000) / 1000 if keep else 0.0)
        before = float(room.load_kw[slot])
