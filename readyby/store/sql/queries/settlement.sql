select
    session_id, energy_kwh, cost_usd, uncontrolled_cost_usd, uncontrolled_energy_kwh,
    promise, shortfall_kwh, settled_at
from settlement
where session_id = $session_id;
