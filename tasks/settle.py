"""Session -> cost and savings."""

from readyby import wiring
from readyby.model import SiteId
from readyby.runs.log import say
from readyby.savings import settle
from readyby.store.api import ReadSite, SettleSession, UnsettledSessions
from readyby.tariff_files import tariff_of
from tasks.policy import act


@act(timeout_s=60.0)
async def settle_ended(site_id: str) -> int:
    """Settle every ended session of the site: energy, cost, promise, uncontrolled twin. How many."""
    here = wiring.current()
    site = await here.store.ask(ReadSite(site_id=SiteId(site_id)))
    tariff = tariff_of(site, here.settings.data_dir)
    settled = 0
    while ended := await here.store.ask(UnsettledSessions(site_id=site.site_id)):
        for one in ended:
            figures = settle(one, tariff, site, now=here.clock.now())
            await here.store.do(SettleSession(settlement=figures))
            say(f"session {one.session.session_id}: {figures.energy_kwh:.1f} kWh, promise {figures.promise}")
        settled += len(ended)
    return settled
