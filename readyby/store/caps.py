"""How many messages may leave at most, and at which hours: the ledger itself holds back the rest (I-19)."""

from dataclasses import dataclass

from readyby.enrollment import region_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Caps on messages; a day is the last 24 hours. `countries` are ISO 3166 codes of whom is texted.

    A country, not a calling code: +1 is shared with islands whose numbers are dear to text. Quiet hours are
    hours of the site's wall time, from one (0 to 23) until another; twice the same for none.
    """

    of_session: int = 12
    of_number_a_day: int = 30
    of_site_a_day: int = 3000
    of_all_a_day: int = 10_000
    codes_of_number_a_day: int = 3
    codes_of_site_a_day: int = 200
    countries: tuple[str, ...] = ("US",)
    quiet_from_h: int = 21
    quiet_until_h: int = 8

    def serves(self, phone: str) -> bool:
        """Whether numbers of this one's country are texted; `phone` in E.164."""
        return region_of(phone) in self.countries

    def is_quiet(self, hour: int) -> bool:
        """Whether an hour of the site's wall time is quiet."""
        if self.quiet_from_h <= self.quiet_until_h:
            return self.quiet_from_h <= hour < self.quiet_until_h
        return hour >= self.quiet_from_h or hour < self.quiet_until_h


DEFAULT = Caps()
