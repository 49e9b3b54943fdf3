insert into settlement (
    session_id, energy_kwh, cost_usd, uncontrolled_cost_usd, uncontrolled_energy_kwh,
    promise, shortfall_kwh, settled_at
)
values (
    $session_id, $energy_kwh, $cost_usd, $uncontrolled_cost_usd, $uncontrolled_energy_kwh,
    $promise, $shortfall_kwh, $settled_at
)
on conflict (session_id) do update
set energy_kwh = excluded.energy_kwh,
    cost_usd = excluded.cost_usd,
    uncontrolled_cost_usd = excluded.uncontrolled_cost_usd,
    uncontrolled_energy_kwh = excluded.uncontrolled_energy_kwh,
    promise = excluded.promise,
    shortfall_kwh = excluded.shortfall_kwh,
    settled_at = excluded.settled_at;
