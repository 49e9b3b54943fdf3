insert into evse (evse_id, site_id, place, max_kw, min_kw, standing_cap_kw, voltage_v, phases, controlled)
select evse_id, site_id, place, max_kw, min_kw, standing_cap_kw, voltage_v, phases, controlled
from batch;
