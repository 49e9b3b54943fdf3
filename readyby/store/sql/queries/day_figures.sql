select
    count(*) as sessions,
    coalesce(sum(settlement.energy_kwh), 0.0) as energy_kwh,
    coalesce(sum(settlement.cost_usd), 0.0) as cost_usd,
    coalesce(sum(settlement.uncontrolled_cost_usd), 0.0) as uncontrolled_cost_usd,
    coalesce(sum(settlement.uncontrolled_energy_kwh), 0.0) as uncontrolled_energy_kwh,
    count(*) filter (where settlement.promise = 'kept') as kept,
    count(*) filter (where settlement.promise = 'short') as short,
    count(*) filter (where settlement.promise = 'left_early') as left_early,
    coalesce(sum(settlement.shortfall_kwh), 0.0) as shortfall_kwh
from settlement
inner join session on session.session_id = settlement.session_id
where session.site_id = $site_id and session.ended_at >= $start and session.ended_at < $end
