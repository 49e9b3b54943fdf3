"""How far plan versions have come: which EVSEs each still waits for (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from readyby.contract import PlanProgress
from readyby.exchange.commands import Command

KEPT_VERSIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPlan:
    """A plan version with the EVSEs whose commands are not accepted, or ended, yet.

    By EVSE stands the plan version whose command is waited for; a newer one, which replaced it, will do.
    """

    told: PlanProgress
    first_wave: Mapping[str, int] = field(default_factory=dict)
    all_waves: Mapping[str, int] = field(default_factory=dict)

    def reached(self, machine_ms: int) -> "OpenPlan":
        """The same with the times of what nothing is open for any more."""
        told = self.told
        if not self.first_wave and told.first_wave_accepted_machine_ms is None:
            told = told.model_copy(update={"first_wave_accepted_machine_ms": machine_ms})
        if not self.all_waves and told.complete_machine_ms is None:
            told = told.model_copy(update={"complete_machine_ms": machine_ms})
        return replace(self, told=told)


class ProgressBook:
    """The newest plan versions of a site that are not complete."""

    def __init__(self, plans: Iterable[OpenPlan] = ()) -> None:
        self._open = {plan.told.plan_version: plan for plan in plans}
        self._news: dict[int, PlanProgress] = {}

    @property
    def plans(self) -> tuple[OpenPlan, ...]:
        return tuple(self._open.values())

    def begin(
        self, told: PlanProgress, first_wave: Mapping[str, int], all_waves: Mapping[str, int], machine_ms: int
    ) -> None:
        """A plan version was taken; older ones go on waiting only for EVSEs that it waits for too."""
        for plan in self.plans:
            first = {evse: version for evse, version in plan.first_wave.items() if evse in first_wave}
            every = {evse: version for evse, version in plan.all_waves.items() if evse in all_waves}
            self._keep(replace(plan, first_wave=first, all_waves=every), machine_ms)
        self._news[told.plan_version] = told
        self._keep(OpenPlan(told=told, first_wave=first_wave, all_waves=all_waves), machine_ms)
        for version in sorted(self._open)[:-KEPT_VERSIONS]:
            del self._open[version]

    def settle(self, command: Command, machine_ms: int) -> None:
        """A command was accepted, or ended: nobody waits for it, or what it replaced, any more."""

        def left(waiting: Mapping[str, int]) -> Mapping[str, int]:
            if waiting.get(command.evse_id, command.plan_version + 1) > command.plan_version:
                return waiting
            others = dict(waiting)
            del others[command.evse_id]
            return others

        for plan in self.plans:
            if command.evse_id in plan.all_waves:
                every = plan.all_waves if command.is_first_part else left(plan.all_waves)
                self._keep(replace(plan, first_wave=left(plan.first_wave), all_waves=every), machine_ms)

    def _keep(self, plan: OpenPlan, machine_ms: int) -> None:
        reached = plan.reached(machine_ms)
        version = reached.told.plan_version
        if reached.told != plan.told:
            self._news[version] = reached.told
        if reached.all_waves:
            self._open[version] = reached
        else:
            self._open.pop(version, None)

    def collect(self) -> tuple[PlanProgress, ...]:
        """What changed since the last call."""
        news, self._news = tuple(self._news.values()), {}
        return news
