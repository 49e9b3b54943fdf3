"""The fault matrix as a page: docs/networks/faults.md is this program's output."""

from collections.abc import Sequence

from readyby.bench.fault_rules import NOTICED_AS
from readyby.bench.faults import Outcome
from readyby.network.faults import NUMBERS, FaultKind

HEAD = """# Faults on purpose

Made by `readyby bench faults --seeds {seeds} > docs/networks/faults.md`. Each run is one fault on one
network: six EVSEs under a limit of {limit:g} kW, hungry cars, a new plan every ten minutes, {minutes} minutes
of virtual time, the fault in a window. A cell says how many injections were noticed, by EVSE and time, of how
many were made; `-` where the fault cannot happen, or where the network shows nothing that it could be noticed
by: its page says which. In all {runs} runs the highest power was {peak:g} kW, and fault-free runs raised
{alarms} alarms. `readyby simulate-network --faults FILE` makes them in real time.

| no. | fault | noticed as | {networks} |
|---|---|---|{lines}
"""


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The page."""
    from readyby.bench.faults import MINUTES

    networks = list(dict.fromkeys(each.network for each in outcomes))
    head = HEAD.format(
        seeds=len({each.seed for each in outcomes}),
        limit=outcomes[0].limit_kw,
        minutes=MINUTES,
        runs=len(outcomes),
        peak=max(each.peak_kw for each in outcomes),
        alarms=sum(each.false_alarms for each in outcomes if each.fault == "none"),
        networks=" | ".join(networks),
        lines="---|" * len(networks),
    )
    return head + "".join(_row(kind, networks, outcomes) for kind in FaultKind)


def _row(kind: FaultKind, networks: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    runs = [each for each in outcomes if each.fault == kind.value]
    words = ", ".join(f"`{word}`" for word in sorted(NOTICED_AS[kind]))
    cells = []
    for network in networks:
        mine = [each for each in runs if each.network == network]
        noticed, injected = sum(each.noticed for each in mine), sum(each.injected for each in mine)
        cells.append(f"{noticed} of {injected}" if mine else "-")
    return f"| {NUMBERS[kind]} | {kind.value.replace('_', ' ')} | {words} | {' | '.join(cells)} |\n"
