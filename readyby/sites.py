"""Sites as files: data/sites/<site_id>.toml says what stands behind one grid connection."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from readyby.circuits import paths_of
from readyby.errors import BadInput, NotFound
from readyby.model import CONNECTIONS, Circuit, Evse, EvseId, Site, SiteId
from readyby.outlook_files import profile_of

PowerKw = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
LoadKw = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
ProfileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.csv$", max_length=128)]
Minutes = Annotated[float, Field(ge=0, le=240, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=128)]


class _FileModel(BaseModel):
    """A part of a file; an unknown field is a typing error, so it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CircuitPart(_FileModel):
    """A feeder, panel or transformer between grid connection and EVSEs, with one limit, in kW or in A."""

    name: Name
    parent: str = ""
    limit_kw: PowerKw | None = None
    limit_a: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    reserved_kw: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.limit_kw is None) == (self.limit_a is None):
            raise ValueError(f"circuit {self.name!r} needs one limit: give limit_kw or limit_a, not both")
        return self

    def circuit(self) -> Circuit:
        return Circuit(**self.model_dump())


class EvseGroup(_FileModel):
    """Outlets that are alike; `standing_cap_kw` is what each may draw when nothing is in force (D4)."""

    evse_ids: list[Name] = Field(min_length=1)
    max_kw: PowerKw
    min_kw: PowerKw
    standing_cap_kw: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
    voltage_v: Annotated[float, Field(gt=0, le=1_000)]
    phases: Annotated[int, Field(ge=1, le=3)] = 1
    controlled: bool = True
    circuit: str = ""
    connection: str = ""
    steps_kw: list[PowerKw] = []
    max_pauses: Annotated[int, Field(ge=0, le=100)] | None = None
    min_on_min: Minutes = 0.0
    min_off_min: Minutes = 0.0

    @model_validator(mode="after")
    def _wired(self) -> Self:
        if self.connection and self.connection not in CONNECTIONS:
            raise ValueError(
                f"connection {self.connection!r} is unknown: use one of {', '.join(CONNECTIONS)}"
            )
        if self.connection and (self.connection == "ABC") != (self.phases == 3):
            raise ValueError(
                f"connection {self.connection!r} does not go with phases {self.phases}: correct one of both"
            )
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_kw > self.max_kw:
            raise ValueError(
                f"min_kw {self.min_kw} is above max_kw {self.max_kw}: give the least, then the most"
            )
        if self.standing_cap_kw > self.max_kw:
            raise ValueError(
                f"standing_cap_kw {self.standing_cap_kw} is above max_kw {self.max_kw}: lower it"
            )
        if 0 < self.standing_cap_kw < self.min_kw:
            raise ValueError(
                f"standing_cap_kw {self.standing_cap_kw} is below min_kw {self.min_kw}: use 0 or more"
            )
        return self

    @model_validator(mode="after")
    def _in_steps(self) -> Self:
        steps = self.steps_kw
        if not steps:
            return self
        if any(later <= earlier for earlier, later in pairwise(steps)):
            raise ValueError(f"steps_kw {steps} are out of order: give the least first, each once")
        if steps[0] < self.min_kw or steps[-1] > self.max_kw:
            raise ValueError(
                f"steps_kw {steps} leave min_kw to max_kw, {self.min_kw} to {self.max_kw}: correct one"
            )
        if self.standing_cap_kw not in (0.0, *steps):
            raise ValueError(f"standing_cap_kw {self.standing_cap_kw} is no step: use 0 or one of {steps}")
        return self

    def evses(self) -> Iterable[Evse]:
        for evse_id in self.evse_ids:
            yield Evse(
                evse_id=EvseId(evse_id),
                max_kw=self.max_kw,
                min_kw=self.min_kw,
                standing_cap_kw=self.standing_cap_kw,
                voltage_v=self.voltage_v,
                phases=self.phases,
                controlled=self.controlled,
                circuit=self.circuit,
                connection=self.connection,
                steps_kw=tuple(self.steps_kw),
                max_pauses=self.max_pauses,
                min_on_min=self.min_on_min,
                min_off_min=self.min_off_min,
            )


class SiteFile(_FileModel):
    """A site as its file says it."""

    site_id: Name
    name: Name
    time_zone: str
    limit_kw: PowerKw
    tariff_id: Name
    early_leave_floor: Annotated[float, Field(ge=0, le=1)] = 0.5
    deadband_kw: Annotated[float, Field(ge=0, le=10)] = 0.25
    change_usd_per_kwh: Annotated[float, Field(ge=0, le=10)] = 0.002
    voltage_v: Annotated[float, Field(gt=0, le=100_000)] = 208.0
    ramp_kw: PowerKw | None = None
    building_kw: LoadKw | ProfileName = 0.0
    solar_kw: LoadKw | ProfileName = 0.0
    export_usd_per_kwh: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    co2_usd_per_kg: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0.0
    circuits: list[CircuitPart] = []
    evses: list[EvseGroup] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.time_zone not in available_timezones():
            raise ValueError(
                f"time_zone {self.time_zone!r} is unknown: use an IANA name, as America/Los_Angeles"
            )
        counts = Counter(evse_id for group in self.evses for evse_id in group.evse_ids)
        twice = sorted(evse_id for evse_id, count in counts.items() if count > 1)
        if twice:
            raise ValueError(f"evse_ids {', '.join(twice)} stand more than once: name each EVSE once")
        return self

    @model_validator(mode="after")
    def _on_a_tree(self) -> Self:
        counts = Counter(part.name for part in self.circuits)
        if twice := sorted(name for name, count in counts.items() if count > 1):
            raise ValueError(f"circuits {', '.join(twice)} stand more than once: give each a name of its own")
        try:
            paths = paths_of([part.circuit() for part in self.circuits])
        except BadInput as error:
            raise ValueError(str(error)) from None
        known = ", ".join(sorted(counts)) or "none"
        by_line = {part.name for part in self.circuits if part.limit_a is not None}
        for group in self.evses:
            if group.circuit and group.circuit not in paths:
                raise ValueError(f"evses.circuit {group.circuit!r} is unknown: name one of {known}")
            above = by_line.intersection(paths.get(group.circuit, ()))
            if above and not group.connection and group.phases < 3:
                raise ValueError(
                    f"connection of {group.evse_ids[0]} is missing: circuit {min(above)} is in amperes, "
                    f"so say which lines it draws from, as AB"
                )
        return self

    def site(self) -> Site:
        return Site(
            site_id=SiteId(self.site_id),
            name=self.name,
            time_zone=self.time_zone,
            limit_kw=self.limit_kw,
            tariff_id=self.tariff_id,
            evses=tuple(evse for group in self.evses for evse in group.evses()),
            early_leave_floor=self.early_leave_floor,
            deadband_kw=self.deadband_kw,
            change_usd_per_kwh=self.change_usd_per_kwh,
            circuits=tuple(part.circuit() for part in self.circuits),
            voltage_v=self.voltage_v,
            ramp_kw=self.ramp_kw,
            building_kw=self.building_kw,
            solar_kw=self.solar_kw,
            export_usd_per_kwh=self.export_usd_per_kwh,
            co2_usd_per_kg=self.co2_usd_per_kg,
        )


def parse_site(text: str, source: str) -> Site:
    """The site that a TOML text describes; `source` names the text in errors.

    Raises:
        BadInput: the text is no TOML, or a field is missing, unknown or out of range.
    """
    try:
        return SiteFile.model_validate(tomllib.loads(text)).site()
    except tomllib.TOMLDecodeError as error:
        raise BadInput(source, "(text)", f"correct the TOML: {error}") from None
    except ValidationError as error:
        raise _refusal(error, source) from None


def _refusal(error: ValidationError, source: str) -> BadInput:
    """One fault of the file: a misspelt field before the missing one that it was meant to be."""
    fault = min(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in fault["loc"])
    value: object = fault["input"]
    if isinstance(value, dict):
        value = "(missing)" if fault["type"] == "missing" else "(section)"
    remedy = "remove it, or spell it right" if fault["type"] == "extra_forbidden" else fault["msg"]
    return BadInput(f"{source}: {where}".rstrip(": "), value, remedy.removeprefix("Value error, "))


def load_site(data_dir: Path, site_id: str) -> Site:
    """The site of data/sites/<site_id>.toml.

    Raises:
        NotFound: there is no such file, or no profile that it names; names those that exist.
        BadInput: the file says something impossible, or another site_id than its name; or a profile does.
    """
    path = data_dir / "sites" / f"{site_id}.toml"
    if not path.is_file():
        known = ", ".join(sorted(other.stem for other in path.parent.glob("*.toml"))) or "none"
        raise NotFound(f"site_id: {site_id!r} has no file {path}; known sites: {known}")
    site = parse_site(path.read_text(encoding="utf-8"), str(path))
    for said in (site.building_kw, site.solar_kw):
        profile_of(said, data_dir)
    if site.site_id != site_id:
        raise BadInput(
            f"{path}: site_id", site.site_id, f"name the file {site.site_id}.toml, or write {site_id!r}"
        )
    return site
