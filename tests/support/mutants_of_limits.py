"""The planner without one limit: the site's, a circuit's, or what EVSEs may draw beside the plan."""

from tests.support.mutant import without

LIMITS = (
    without(
        "the site's limit",
        "program",
        "flatnonzero(most > limits.sum_kw)\n    sums",
        "flatnonzero(most > np.inf)\n    sums",
        "brute or breaks_a_limit or shared",
    ),
    without(
        "the site's limit where all are there",
        "nested",
        "limit_kwh = limits.sum_kw * grid.slot_h",
        "limit_kwh = np.full(grid.steps, 1e9)",
        "proved_by_cuts or breaks_a_limit",
    ),
    without(
        "room for a neighbor that disobeys",
        "program",
        "watched = np.flatnonzero(np.isfinite(limits.others_kw))",
        "watched = np.flatnonzero(limits.others_kw < -1)",
        "largest_disobedient or breaks_a_limit",
    ),
    without(
        "headroom at the site",
        "limits",
        "if headroom else (0.0,",
        "if False else (0.0,",
        "disobedient or worst",
    ),
    without(
        "headroom on a circuit",
        "limits",
        "shared = (network.weights > 0).sum(axis=1) > 1",
        "shared = np.zeros(len(network.names), dtype=bool)",
        "circuit_keeps_room",
    ),
    without(
        "the surge of EVSEs outside the plan",
        "intake",
        "unplanned_reserve_kw=surge_kw(data, cast_),",
        "",
        "worst",
    ),
    without(
        "standing caps that count always",
        "grid",
        " - loose_kw - cap.sum()",
        " - loose_kw",
        "breaks_a_limit or worst",
    ),
    without(
        "reserved power", "grid", " - highest_of(situation.reserved_kw, edges)", "", "worst or nameplate"
    ),
    without("the building's part of the limit", "grid", "limit - building -", "limit -", "building"),
    without(
        "uncontrolled sessions' part of the limit",
        "grid",
        " - loose_kw - cap.sum()",
        " - cap.sum()",
        "uncontrolled",
    ),
    without(
        "nameplates of those that disobey",
        "intake",
        "evse.max_kw if evse.evse_id in loose else evse.standing_cap_kw",
        "evse.standing_cap_kw",
        "nameplate",
    ),
    without(
        "what an EVSE draws when it ignores its limit",
        "situation",
        "self.max_kw if self.nameplate_kw is None else max(self.nameplate_kw, self.max_kw)",
        "self.max_kw",
        "can_draw or nameplate or worst",
    ),
    without(
        "rows of circuits",
        "rows",
        "        **_broken_circuits(grid, limits, power_kw),\n",
        "",
        "feeder or parent or amperes",
    ),
    without(
        "other load on a circuit",
        "network",
        "reserved.append(circuit.reserved_kw)",
        "reserved.append(0.0)",
        "other_load",
    ),
    without(
        "directions of a line's current",
        "network",
        "NORMALS_DEG = tuple(range(-30, 31, 10))",
        "NORMALS_DEG = (0,)",
        "linear_rows or amperes",
    ),
    without("a battery's taper", "rows", "        **_broken_tapers(grid, power_kw),\n", "", "taper"),
    without("the ramp of the ideal plan", "rows", "        **_broken_ramps(grid, power_kw),\n", "", "ramp"),
    without(
        "the ramp of the executable plan",
        "executable",
        "    if limit is None:\n        return\n    spare_h",
        "    return\n    spare_h",
        "ramp",
    ),
    without("the ramp where pauses are filled", "pauses", " and _ramps(grid, room)", "", "reason_stays"),
    without("a demand-response cap", "grid", "np.minimum(limit, event.level_kw)", "limit", "cap_event"),
    without(
        "a demand-response floor", "money", "if event.kind is EventKind.FLOOR:", "if False:", "cap_event"
    ),
    without("a paid reduction", "grid", "event.price_usd_per_kwh, 0.0)", "0.0, 0.0)", "paid_reduction"),
    without(
        "what children of a circuit draw",
        "network",
        "        name = circuits[name].parent\n",
        "        name = ''\n",
        "parent",
    ),
    without(
        "the lines that a connection uses",
        "network",
        'if wires in ("AB", "BC", "CA"):',
        'if wires in ("never",):',
        "line_to_line or amperes",
    ),
    without(
        "the margin of chords",
        "network",
        "circuit.limit_a * math.cos(math.radians(5))",
        "circuit.limit_a",
        "linear_rows",
    ),
)
