"""Laws of the executor under faults: the limit always holds, and all is carried out once faults end."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from readyby.envelope import Exposure, constant, peak_kw, schedule, us
from readyby.exchange.adapter import Ack, Capabilities, ClearScope, Control, Readback
from readyby.exchange.executor import SiteExecutor
from readyby.model import CommandState, Step
from tests.exchange.model_network import CAP_KW, MAX_KW, Model

VERDICT = timedelta(minutes=5)
POWERS = (0.0, 1.248, 2.496, 3.12, 4.16, 6.24, 6.656)
EVSES = ("E0", "E1", "E2", "E3")

sequences = st.lists(
    st.tuples(st.sampled_from((0, 5, 10, 15, 120)), st.sampled_from(POWERS)), min_size=1, max_size=4
).map(lambda steps: sorted(dict(steps).items()))
plans = st.dictionaries(st.sampled_from(EVSES), sequences, max_size=4)
actions = st.one_of(
    st.tuples(st.just("plan"), plans),
    st.tuples(st.just("let"), st.sampled_from((10, 60, 120, 300, 900, 3600))),
    st.tuples(st.just("let"), st.sampled_from((60, 120, 180))),
    st.tuples(st.just("reboot"), st.sampled_from(EVSES)),
    st.tuples(st.just("ignore"), st.sampled_from((*EVSES, None))),
    st.tuples(st.just("appetite"), st.tuples(st.sampled_from(EVSES), st.sampled_from((0.0, 0.4, 0.95, 1.0)))),
    st.tuples(st.just("next_car"), st.sampled_from(EVSES)),
    st.tuples(st.just("crash"), st.none()),
    st.tuples(st.just("silence"), st.sampled_from((120, 600))),
)
NETWORKS = (
    Capabilities(),
    Capabilities(ack=Ack.ASYNC),
    Capabilities(ack=Ack.ASYNC, readback=Readback.NONE),
    Capabilities(control=Control.STEP),
)
networks = st.sampled_from(NETWORKS)
quick = settings(
    max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
)


def act(model: Model, action: tuple[str, object]) -> None:
    kind, what = action
    if kind == "plan":
        model.put_plan(what, hours=model.chance.choice((0.1, 0.5, 3)))
    elif kind == "let":
        model.let(what)
    elif kind == "reboot":
        model.reboot(what)
    elif kind == "ignore":
        model.ignore(what)
    elif kind == "appetite":
        model.set_appetite(*what)
    elif kind == "silence":
        model.silence(what)
    elif kind == "next_car":
        model.next_car(what)
    else:
        model.crash()


@pytest.mark.invariant("I-1", "I-2")
@quick
@given(st.integers(0, 2**32), networks, st.lists(actions, min_size=3, max_size=25))
def test_the_limit_holds_at_every_instant_whatever_happens(seed, capabilities, script):
    model = Model(seed=seed, capabilities=capabilities)
    for action in script:
        act(model, action)
        model.check()


class ThoroughExecutor(SiteExecutor):
    """Looks at every EVSE whenever anything happens."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._steering.look = self._steering.look_at_all


ALL_NETWORKS = (*NETWORKS, Capabilities(control=Control.STEP, clear_scope=ClearScope.STATION))


@pytest.mark.parametrize("caps_kw", [CAP_KW, MAX_KW])
@pytest.mark.parametrize("first_seed", range(2000, 2120, 40))
def test_looking_at_what_is_new_is_as_good_as_looking_at_all(first_seed, caps_kw):
    """The same is sent and reported, in the same order; also where the caps do not keep the limit."""
    for seed in range(first_seed, first_seed + 40):
        chance = random.Random(seed)
        networks = chance.choice(ALL_NETWORKS)
        script = [random_action(chance) for _ in range(chance.randint(10, 25))]
        quick, thorough = (
            Model(seed=seed, capabilities=networks, caps_kw=caps_kw, kind=kind)
            for kind in (SiteExecutor, ThoroughExecutor)
        )
        for action in script:
            for model in (quick, thorough):
                model.is_checked = caps_kw == CAP_KW
                act(model, action)
            assert quick.history == thorough.history, (seed, action)
            assert quick.states == thorough.states, (seed, action)
            assert dict(quick.executor.controls) == dict(thorough.executor.controls), (seed, action)


def random_plan(chance: random.Random) -> dict[str, list[tuple[int, float]]]:
    """Anything, or what planners do most: power goes to one EVSE, and later to another."""
    if chance.random() < 0.4:
        minutes = (0, 5, 10, 15, 120)
        return {
            evse_id: sorted({chance.choice(minutes): chance.choice(POWERS) for _ in range(3)}.items())
            for evse_id in chance.sample(EVSES, chance.randint(0, 4))
        }
    one, other = chance.sample(EVSES, 2)
    at, low = chance.choice((2, 5, 10)), chance.choice((0.0, CAP_KW))
    return chance.choice(
        (
            {one: [(0, 6.656), (at, low)], other: [(0, low), (at, 6.656)]},
            {one: [(0, 6.656)], other: [(0, low)]},
            {one: [(0, 3.952)], other: [(0, 3.952)]},
        )
    )


def random_action(chance: random.Random) -> tuple[str, object]:
    kind = chance.choice(
        (*("plan", "let") * 4, "appetite", "reboot", "ignore", "next_car", "crash", "silence")
    )
    return kind, {
        "plan": lambda: random_plan(chance),
        "let": lambda: chance.choice((10, 60, 120, 180, 240, 300, 900, 3600)),
        "reboot": lambda: chance.choice(EVSES),
        "ignore": lambda: chance.choice((*EVSES, None, None, None)),
        "appetite": lambda: (chance.choice(EVSES), chance.choice((0.0, 0.4, 0.95, 1.0))),
        "next_car": lambda: chance.choice(EVSES),
        "silence": lambda: chance.choice((120, 600)),
        "crash": lambda: None,
    }[kind]()


@pytest.mark.invariant("I-1", "I-2", "I-3", "I-5")
@pytest.mark.parametrize("first_seed", range(0, 240, 40))
def test_the_limit_holds_in_long_days_full_of_trouble(first_seed):
    for seed in range(first_seed, first_seed + 40):
        chance = random.Random(seed)
        model = Model(seed=seed, capabilities=chance.choice(NETWORKS))
        for _ in range(chance.randint(10, 30)):
            act(model, random_action(chance))
            model.check()


def fits(model: Model, plan: dict[str, list[tuple[int, float]]]) -> bool:
    """Whether a plan keeps the limit by the rule that planners go by."""
    exposures = []
    for evse_id in EVSES:
        steps = [Step(model.now + timedelta(minutes=m), kw) for m, kw in plan.get(evse_id, [])]
        held = schedule(steps, model.now + timedelta(hours=3), CAP_KW) if steps else constant(CAP_KW)
        exposures.append(Exposure(evse_id=evse_id, max_kw=MAX_KW, floor_kw=CAP_KW, possible=(held,)))
    return peak_kw(exposures, now=model.now) <= model.limit_kw


@pytest.mark.invariant("I-13")
@pytest.mark.parametrize("first_seed", range(1000, 1200, 40))
def test_a_plan_that_fits_is_carried_out_once_trouble_ends(first_seed):
    for seed in range(first_seed, first_seed + 40):
        chance = random.Random(seed)
        model = Model(seed=seed, capabilities=chance.choice(NETWORKS))
        for _ in range(chance.randint(5, 20)):
            act(model, random_action(chance))
        heal(model)
        wished = [random_plan(chance) for _ in range(3)]
        for plan in (plan for plan in wished if fits(model, plan)):
            model.put_plan(plan)
            model.let(60)
        model.let(2100)
        check_carried_out(model)


def heal(model: Model) -> None:
    model.faults = False
    model.ignore(None)
    model.silent_until = model.now
    for evse_id in EVSES:
        model.set_appetite(evse_id, 1.0)
    model.let(1200)


def check_carried_out(model: Model) -> None:
    """Every EVSE holds what is wanted, and every command to one that obeys has its verdict."""
    control = model.executor.controls
    for evse_id in EVSES:
        assert not control[evse_id].queue, evse_id
        wanted = control[evse_id].wanted
        if wanted is not None or model.version > 0:
            expected = wanted.schedule.at(us(model.now - model.outlets[evse_id].lag)) if wanted else CAP_KW
            assert abs(model.outlets[evse_id].allowed_kw(model.now) - expected) < 1e-6, evse_id
    for name, states in model.states.items():
        evse_id = name.split(".")[2]
        renewed_just_now = control[evse_id].trail and model.now - control[evse_id].trail[-1].sent_at < VERDICT
        if f".{model.version}." in name and control[evse_id].following and not renewed_just_now:
            assert states[-1].is_final, (name, states)
            assert states[-1] is not CommandState.FAILED
