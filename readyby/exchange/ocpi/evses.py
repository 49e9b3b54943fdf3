"""A partner's EVSEs by their names on both sides, from its Locations and our site files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from readyby.exchange.adapter import HARDWARE, EvseFacts
from readyby.exchange.ocpi.objects import OcpiEvse
from readyby.exchange.ocpi.profiles import LEAST_A, Rating
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.model import Evse, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvse:
    """An EVSE: what its partner declares, and what our site's file says, which wins."""

    evse_id: str
    site_id: str
    declared: OcpiEvse
    ours: Evse | None

    def rating(self, settings: OcpiSettings) -> Rating:
        """What to tell its limits in."""
        declared, ours = self.declared, self.ours
        unit = settings.dialect.rate_unit
        max_kw = ours.max_kw if ours else declared.max_kw
        return Rating(
            unit=unit if unit != "auto" else "W" if declared.is_dc else "A",
            phases=ours.phases if ours else declared.phases,
            voltage_v=ours.voltage_v if ours else declared.voltage_v,
            max_kw=max_kw,
            standing_cap_kw=ours.standing_cap_kw if ours and settings.caps_held else max_kw,
        )

    def facts(self, settings: OcpiSettings) -> EvseFacts:
        """The EVSE in the exchange's words. Without caps held by hardware it may always draw its maximum."""
        rating, ours = self.rating(settings), self.ours
        least_kw = LEAST_A * rating.phases * rating.voltage_v / 1000
        capable = self.declared.is_capable or settings.dialect.assume_capable
        return EvseFacts(
            evse_id=self.evse_id,
            site_id=self.site_id,
            max_kw=rating.max_kw,
            min_kw=ours.min_kw if ours else min(least_kw, rating.max_kw),
            standing_cap_kw=rating.standing_cap_kw,
            quantum_kw=rating.quantum_kw,
            cap_held_by=HARDWARE if ours and settings.caps_held else "",
            controlled=capable and (ours is None or ours.controlled),
        )


class EvseBook:
    """All EVSEs of a partner that stand at our sites. Replaced whole; reading it needs no lock."""

    def __init__(self, settings: OcpiSettings, sites: Iterable[Site] = ()) -> None:
        self._settings = settings
        self._ours = {str(evse.evse_id): evse for site in sites for evse in site.evses}
        self._by_uid: Mapping[str, KnownEvse] = {}
        self._by_name: Mapping[str, KnownEvse] = {}

    def learn(self, declared: Iterable[OcpiEvse]) -> None:
        """The partner's EVSEs as they are now."""
        known = [self._known(each) for each in declared if not each.is_removed]
        mine = [each for each in known if each is not None]
        self._by_uid = {each.declared.uid.casefold(): each for each in mine}
        self._by_name = {each.evse_id: each for each in mine}

    def _known(self, declared: OcpiEvse) -> KnownEvse | None:
        site_id = self.site_of(declared.location_id)
        if site_id is None:
            return None
        evse_id = self._name(declared)
        return KnownEvse(evse_id=evse_id, site_id=site_id, declared=declared, ours=self._ours.get(evse_id))

    def _name(self, declared: OcpiEvse) -> str:
        names = {
            "uid": declared.uid,
            "evse_id": declared.evse_id,
            "physical_reference": declared.physical_reference,
        }
        return names[self._settings.evse_name] or declared.uid

    def site_of(self, location_id: str) -> str | None:
        """The site that a location is; None where it is not one of ours."""
        if not self._settings.sites:
            return location_id
        folded = {name.casefold(): site_id for name, site_id in self._settings.sites.items()}
        return folded.get(location_id.casefold())

    def by_uid(self, uid: str) -> KnownEvse | None:
        return self._by_uid.get(uid.casefold())

    def by_name(self, evse_id: str) -> KnownEvse | None:
        return self._by_name.get(evse_id)

    def facts(self) -> tuple[EvseFacts, ...]:
        return tuple(each.facts(self._settings) for each in self._by_name.values())
