"""What one more unit of a named constraint is said to save, held against solving again with one more."""

from dataclasses import replace

import numpy as np
import pytest

from readyby.planning.answer import answer
from readyby.planning.check import at
from readyby.planning.grid import lay_grid
from readyby.planning.limits import slot_limits
from readyby.planning.optimize import optimize
from readyby.planning.situation import Circuit
from tests.support.planning import situation, stay

ONE_MORE = 0.01


def a_site(*, circuits=()):
    """Cars that leave one after another, under feeders, prices, and a demand charge that is paid for."""
    stays = [
        replace(
            stay(f"s{i}", 6.0 + 2.3 * i, 2.1 + 0.7 * i),
            circuit=f"F{i % 2 + 1}" if circuits else "",
            connection=("AB", "BC", "CA")[i % 3],
        )
        for i in range(6)
    ]
    asked = situation(
        *stays, limit_kw=17.0, prices=[(0, 0.31), (1, 0.12), (2.5, 0.4)], demand_usd_per_kw=9.0, peak_kw=17.0
    )
    return replace(asked, circuits=circuits)


FEEDERS = (Circuit(name="F1", limit_kw=7.5), Circuit(name="F2", limit_a=40.0))


@pytest.mark.parametrize("circuits", [(), FEEDERS], ids=["by cuts", "by program"])
def test_one_more_saves_what_is_said(circuits):
    asked = a_site(circuits=circuits)
    grid = lay_grid(asked)
    limits = slot_limits(grid)
    before = optimize(grid, limits)
    said = {row["constraint"]: row["saves_usd"] for row in answer(asked)["binding"]}
    held, checked = [], 0
    for row, name in enumerate(limits.names):
        for slot, start in enumerate(grid.starts):
            if (usd := said.get(at(name, start))) is None:
                continue
            more, less = limits.room_kw.copy(), limits.room_kw.copy()
            more[row, slot] += ONE_MORE
            less[row, slot] -= ONE_MORE
            saves = before.objective_usd - optimize(grid, replace(limits, room_kw=more)).objective_usd
            costs = optimize(grid, replace(limits, room_kw=less)).objective_usd - before.objective_usd
            assert saves <= usd * ONE_MORE + 1e-7
            assert costs >= usd * ONE_MORE - 1e-7
            held.append(abs(saves - usd * ONE_MORE) < 1e-6 or abs(costs - usd * ONE_MORE) < 1e-6)
            checked += 1
    assert checked >= 3
    assert np.mean(held) > 0.8
    if circuits:
        assert any(name.startswith("circuit.F1@") for name in said)
        assert any(name.startswith("circuit.F2.") for name in said)


@pytest.mark.parametrize("circuits", [(), FEEDERS], ids=["by cuts", "by program"])
def test_one_more_where_nothing_is_said_saves_nothing(circuits):
    asked = a_site(circuits=circuits)
    grid = lay_grid(asked)
    limits = slot_limits(grid)
    before = optimize(grid, limits)
    said = {row["constraint"] for row in answer(asked)["binding"]}
    more = limits.room_kw.copy()
    for row, name in enumerate(limits.names):
        for slot, start in enumerate(grid.starts):
            if at(name, start) not in said:
                more[row, slot] += ONE_MORE
    after = optimize(grid, replace(limits, room_kw=more))
    assert after.objective_usd == pytest.approx(before.objective_usd, abs=1e-7)
