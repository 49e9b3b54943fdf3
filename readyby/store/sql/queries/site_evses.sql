select evse_id, max_kw, min_kw, standing_cap_kw, voltage_v, phases, controlled
from evse
where site_id = $site_id
order by place;
