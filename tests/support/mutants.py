"""The planner with one constraint taken away at a time: what some test must notice.

Each mutant replaces one piece of source, which must be there exactly once.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """What is taken away, in which module of `readyby.planning`, and the tests to `ask` first (`-k`)."""

    name: str
    module: str
    old: str
    new: str
    ask: str


def _without(name: str, module: str, old: str, new: str, ask: str) -> Mutant:
    return Mutant(name=name, module=module, old=old, new=new, ask=ask)


MUTANTS = (
    _without(
        "the site's limit",
        "program",
        "flatnonzero(most > limits.sum_kw)\n    sums",
        "flatnonzero(most > np.inf)\n    sums",
        "brute or breaks_a_limit or shared",
    ),
    _without(
        "the site's limit where all are there",
        "nested",
        "limit_kwh = limits.sum_kw * grid.slot_h",
        "limit_kwh = np.full(grid.steps, 1e9)",
        "proved_by_cuts or breaks_a_limit",
    ),
    _without(
        "room for a neighbor that disobeys",
        "program",
        "watched = np.flatnonzero(np.isfinite(limits.others_kw))",
        "watched = np.flatnonzero(limits.others_kw < -1)",
        "largest_disobedient or breaks_a_limit",
    ),
    _without(
        "headroom at the site",
        "limits",
        "if headroom else (0.0,",
        "if False else (0.0,",
        "disobedient or worst",
    ),
    _without(
        "headroom on a circuit",
        "limits",
        "shared = (network.weights > 0).sum(axis=1) > 1",
        "shared = np.zeros(len(network.names), dtype=bool)",
        "circuit_keeps_room",
    ),
    _without(
        "the surge of EVSEs outside the plan",
        "intake",
        "unplanned_reserve_kw=surge_kw(data, cast_),",
        "",
        "worst",
    ),
    _without(
        "standing caps that count always",
        "grid",
        " - loose_kw - cap.sum()",
        " - loose_kw",
        "breaks_a_limit or worst",
    ),
    _without(
        "reserved power", "grid", " - highest_of(situation.reserved_kw, edges)", "", "worst or nameplate"
    ),
    _without("the building's part of the limit", "grid", "limit - building -", "limit -", "building"),
    _without(
        "uncontrolled sessions' part of the limit",
        "grid",
        " - loose_kw - cap.sum()",
        " - cap.sum()",
        "uncontrolled",
    ),
    _without(
        "nameplates of those that disobey",
        "intake",
        "evse.max_kw if evse.evse_id in loose else evse.standing_cap_kw",
        "evse.standing_cap_kw",
        "nameplate",
    ),
    _without(
        "what an EVSE draws when it ignores its limit",
        "situation",
        "self.max_kw if self.nameplate_kw is None else max(self.nameplate_kw, self.max_kw)",
        "self.max_kw",
        "can_draw or nameplate or worst",
    ),
    _without(
        "rows of circuits",
        "rows",
        "        **_broken_circuits(grid, limits, power_kw),\n",
        "",
        "feeder or parent or amperes",
    ),
    _without(
        "other load on a circuit",
        "network",
        "reserved.append(circuit.reserved_kw)",
        "reserved.append(0.0)",
        "other_load",
    ),
    _without(
        "directions of a line's current",
        "network",
        "NORMALS_DEG = tuple(range(-30, 31, 10))",
        "NORMALS_DEG = (0,)",
        "linear_rows or amperes",
    ),
    _without("a battery's taper", "rows", "        **_broken_tapers(grid, power_kw),\n", "", "taper"),
    _without("the ramp of the ideal plan", "rows", "        **_broken_ramps(grid, power_kw),\n", "", "ramp"),
    _without(
        "the ramp of the executable plan",
        "executable",
        "    if limit is None:\n        return\n    spare_h",
        "    return\n    spare_h",
        "ramp",
    ),
    _without("the ramp where pauses are filled", "pauses", " and _ramps(grid, room)", "", "reason_stays"),
    _without("a demand-response cap", "grid", "np.minimum(limit, event.level_kw)", "limit", "cap_event"),
    _without(
        "a demand-response floor", "money", "if event.kind is EventKind.FLOOR:", "if False:", "cap_event"
    ),
    _without("a paid reduction", "grid", "event.price_usd_per_kwh, 0.0)", "0.0, 0.0)", "paid_reduction"),
    _without(
        "rows of demand charges", "program", "(can > grid.peak_kw[k])", "(can > np.inf)", "brute or peak"
    ),
    _without(
        "demand charges where all are there",
        "nested",
        "tighter = self.peak_slots[k] & (allowed < room)",
        "tighter = self.peak_slots[k] & (allowed < -1)",
        "peak_already or proved_by_cuts",
    ),
    _without(
        "the peak of the month so far",
        "grid",
        "peak_kw=np.array([peak.peak_kw for",
        "peak_kw=np.array([0.0 * peak.peak_kw for",
        "already_paid",
    ),
    _without(
        "the hours of a demand charge",
        "grid",
        "_within(peak.intervals, starts)",
        "_within((), starts)",
        "hours_of",
    ),
    _without(
        "the share of a demand charge that counts",
        "grid",
        "peak.price_usd_per_kw * peak.proxy",
        "peak.price_usd_per_kw",
        "proxy",
    ),
    _without(
        "energy that the window has used",
        "grid",
        "used[0] += self.situation.window_kwh",
        "used[0] += 0.0",
        "used_already",
    ),
    _without(
        "early-leave floors",
        "program",
        "flatnonzero(grid.floor_kwh > 0)",
        "flatnonzero(grid.floor_kwh > np.inf)",
        "early_leave",
    ),
    _without(
        "the price beyond a solar surplus",
        "program",
        "np.maximum(0.0, grid.price[sunny] - export)",
        "0.0 * grid.price[sunny]",
        "solar",
    ),
    _without(
        "what exporting a surplus would bring",
        "pieces",
        "grid.situation.export_usd_per_kwh, grid.price)",
        "0.0, grid.price)",
        "export",
    ),
    _without("the price of carbon", "grid", "situation.co2_usd_per_kg * co2 +", "0.0 * co2 +", "carbon"),
    _without("arrival", "grid", "np.maximum(edges[:-1], arrival[:, None])", "edges[:-1]", "before_arrival"),
    _without(
        "departure",
        "grid",
        "np.minimum(edges[1:], departure[:, None])",
        "np.broadcast_to(edges[1:], (len(stays), len(slots)))",
        "departure or after",
    ),
    _without(
        "that cars draw less than they may",
        "grid",
        "return self.cell_h * self.situation.draw_ratio",
        "return self.cell_h * 1.0",
        "met_by_departure or cannot_be_met",
    ),
    _without(
        "the maximum learned from the meter",
        "situation",
        "return min(self.max_kw, self.learned_max_kw)",
        "return self.max_kw",
        "learned or seen_to_draw",
    ),
    _without("the least pilot", "pilots", "least_kw=float(grid.min_kw[i])", "least_kw=0.0", "least_pilot"),
    _without(
        "an EVSE's steps",
        "pilots",
        "sorted(level for level in stay.levels_kw if",
        "sorted(level for level in () if",
        "steps_of",
    ),
    _without(
        "the number of pauses",
        "pilots",
        "_ANY if stay.max_pauses is None else stay.max_pauses + 1",
        "_ANY",
        "pauses",
    ),
    _without(
        "the least time on", "pilots", "math.ceil(stay.min_on_min / slot_min - _ARITHMETIC)", "1", "time_on"
    ),
    _without(
        "the least time off",
        "pilots",
        "math.ceil(stay.min_off_min / slot_min - _ARITHMETIC)",
        "1",
        "time_off",
    ),
    _without(
        "the price of a change",
        "pieces",
        "rate = grid.situation.change_usd_per_kwh",
        "rate = 0.0",
        "leaving_the_last",
    ),
    _without(
        "the deadband", "executable", "    settle_running(grid, room, pilots, work.least_kwh)\n", "", "trifle"
    ),
    _without(
        "keeping the last plan",
        "keeping",
        "if flat and _can_follow",
        "if False and _can_follow",
        "cause or leaves_those_alone",
    ),
    _without(
        "priorities",
        "linear",
        "self._program.need_kwh) / self._priority",
        "self._program.need_kwh)",
        "priority",
    ),
    _without(
        "the least worst share",
        "linear",
        "np.minimum(need, self._of_kwh * (share + slack) + slack)",
        "need + 0.0",
        "shared or starve or agree or priority",
    ),
    _without(
        "the least total shortfall",
        "linear",
        "self.solver.bound(self._total_row, least * (1 + slack) + slack)",
        "pass",
        "agree or freedom or brute or proves",
    ),
    _without(
        "a fair share of what could be avoided",
        "linear",
        "return np.minimum(most, unavoidable + avoidable * (fair + slack) + slack)",
        "return most",
        "shared_fairly or money_does_not_share",
    ),
    _without(
        "the least worst share where all are there",
        "shortage",
        "share = _least_share(nested, limit_kwh, lambda s: np.clip(asked_kwh * (1 - s), 0.0, wanted))",
        "share = 1.0",
        "agree or shared",
    ),
    _without(
        "earlier at one price",
        "situation",
        "early_usd_per_kwh_h: float = 1e-5",
        "early_usd_per_kwh_h: float = 0.0",
        "earlier",
    ),
    _without(
        "the next slot of an overstayer",
        "intake",
        "return floor_to(now, STEP) + 2 * STEP",
        "return floor_to(now, STEP) + STEP",
        "overstayer",
    ),
    _without(
        "a standing cap for who is full",
        "intake",
        "sated=tuple(p for p in needy if p.following and p.is_sated)",
        "sated=()",
        "take_no_more",
    ),
    _without(
        "what children of a circuit draw",
        "network",
        "        name = circuits[name].parent\n",
        "        name = ''\n",
        "parent",
    ),
    _without(
        "the lines that a connection uses",
        "network",
        'if wires in ("AB", "BC", "CA"):',
        'if wires in ("never",):',
        "line_to_line or amperes",
    ),
    _without(
        "the margin of chords",
        "network",
        "circuit.limit_a * math.cos(math.radians(5))",
        "circuit.limit_a",
        "linear_rows",
    ),
    _without(
        "whom limits take for one another",
        "limits",
        "        if len(self.names) == 1:\n            return np.zeros(self.weights",
        "        if self.names:\n            return np.zeros(self.weights",
        "take_for_one_another",
    ),
    _without(
        "batteries in the deal",
        "dealing",
        "    if bent is not None:\n            most",
        "    if bent is False:\n            most",
        "without_asking",
    ),
    _without(
        "batteries where energy is given",
        "filling",
        "most = pilot.floor(min(most, taper_room_kw(grid, room, cells, int(place))))",
        "most = pilot.floor(most)",
        "as_the_battery_takes",
    ),
    _without(
        "pauses where sessions swap",
        "swaps",
        "if pilot.has_rules and not pilot.may_start(room.power_kw[cells], place):",
        "if False:",
        "swap",
    ),
    _without(
        "pauses of a plan as dealt",
        "executable",
        "if ruled and work.is_good(power, worth=_DEALT_WORTH",
        "if work.is_good(power, worth=_DEALT_WORTH",
        "pauses or time_o or without_asking",
    ),
    _without(
        "the worth of a plan as dealt",
        "executable",
        "_DEALT_WORTH, _DEALT_SHORT = 0.0075, 0.002",
        "_DEALT_WORTH, _DEALT_SHORT = 9.0, 9.0",
        "near_the_best or promise or shared or freedom",
    ),
    _without(
        "steps in which a quick plan lets go",
        "executable",
        "QUICK_LET_GO = (2.0, 4.0, 8.0, 16.0)",
        "QUICK_LET_GO = (1e9,)",
        "lets_go",
    ),
    _without(
        "the instant of an early-leave floor",
        "program",
        "(place[pieces.session] >= 0) & (pieces.slot < grid.floor_slot[pieces.session])",
        "place[pieces.session] >= 0",
        "early_leave",
    ),
    _without(
        "the proof of prices kept",
        "again",
        "or dearer > _EXACT * max(1.0, abs(bound))",
        "or False",
        "prices_of_another or no_cut or later_too",
    ),
    _without(
        "that sessions can share a load kept",
        "again",
        "    if np.any(np.abs(shares.sum(axis=1) - nested.need_kwh) > _LESS_KWH):\n        return None\n",
        "",
        "prices_of_another or no_cut or later_too",
    ),
    _without(
        "the rows' part of the bound",
        "linear",
        "    bound = -float(duals @ solver.bounds)\n",
        "    bound = 0.0\n",
        "bound_proves or agree",
    ),
    _without(
        "limits' part of the bound where all are there",
        "certificate",
        "    bound -= float(limit_price @ (limits.sum_kw * grid.slot_h))\n",
        "",
        "bound_proves or agree or proved_by_cuts",
    ),
    _without(
        "when what is missed could be there",
        "explain",
        "earliest_at=None if met else",
        "earliest_at=None if True else",
        "could_be_there",
    ),
    _without(
        "what a plan that the solver refuses keeps",
        "facade",
        "last, method = trimmed_last_plan(grid, limits), LAST_PLAN",
        "last, method = None, LAST_PLAN",
        "keeps_that",
    ),
    _without(
        "errors of our own, named", "facade", "        unexpected = _told(error, grid)\n", "", "is_named"
    ),
)
