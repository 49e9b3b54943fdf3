"""An answer as text for a terminal: a chart of the load, a table of sessions, what binds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_BLOCKS = " ▁▂▃▄▅▆▇█"


def table(answer: Mapping[str, Any]) -> str:
    """The whole answer, readable."""
    proof, cost = answer["proof"], answer["cost"]
    parts = [f"{name} {cost[name + '_usd']:.2f}" for name in ("energy", "demand", "co2", "event", "comfort")]
    lines = [
        f"Plan: {answer['method']}" + (f" ({answer['note']})" if answer["note"] else ""),
        f"Cost: ${cost['total_usd']:.2f} = {' + '.join(parts)}",
    ]
    if proof["gap"] is not None:
        lines.append(
            f"Proof: no plan is below ${proof['lower_bound_usd']:.4f}; ideal gap {proof['gap']:.1e}, "
            f"as EVSEs can follow it {proof['executable_gap']:.2%}"
        )
    lines += ["", *_chart(answer), "", *_sessions(answer)]
    if answer["binding"]:
        lines += ["", "What binds, and what one more would save:"]
        dearest = sorted(answer["binding"], key=lambda row: -row["saves_usd"])[:10]
        lines += [f"  {row['constraint']}: ${row['saves_usd']:.4f} per {row['unit']}" for row in dearest]
    lines += [f"ERROR of the planner: {answer['error']}"] if answer["error"] else []
    lines += [f"VIOLATED {v['constraint']} by {v['amount']:.3f} {v['unit']}" for v in answer["violations"]]
    return "\n".join(lines)


def explanation(answer: Mapping[str, Any], session_id: str) -> str | None:
    """One session's sentences in both languages; None where there is no such session."""
    for row in answer["sessions"]:
        if row["session_id"] == session_id:
            return f"{row['explanation']['en']}\n{row['explanation']['es']}"
    return None


def _chart(answer: Mapping[str, Any]) -> list[str]:
    top = max([*answer["load_kw"], 1e-9])
    zone = ZoneInfo(answer["time_zone"])
    first, last = (_clock(answer["slots"][index], zone) for index in (0, -1))
    return [
        f"Load, at most {top:.1f} kW, {first} to {last}:",
        "  " + _bars(answer["load_kw"], top),
        "Price:",
        "  " + _bars(answer["price_usd_per_kwh"], max([*answer["price_usd_per_kwh"], 1e-9])),
    ]


def _bars(values: list[float], top: float) -> str:
    return "".join(_BLOCKS[max(0, min(8, round(8 * value / top)))] for value in values)


def _sessions(answer: Mapping[str, Any]) -> list[str]:
    zone = ZoneInfo(answer["time_zone"])
    rows = [("session", "need", "gets", "ready", "leaves", "power")]
    for row in answer["sessions"]:
        ready = _clock(row["ready_at"], zone) if row["ready_at"] else "-"
        top = max([*row["power_kw"], 1e-9])
        rows.append(
            (
                row["session_id"],
                f"{row['need_kwh']:.1f}",
                f"{row['delivered_kwh']:.1f}",
                ready,
                _clock(row["departure_at"], zone),
                _bars(row["power_kw"], top),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:5], widths, strict=True)), row[5]])
        for row in rows
    ]


def _clock(text: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(text).astimezone(zone).strftime("%a %H:%M")
