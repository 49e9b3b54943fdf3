create or replace view circuits as
select
    c.site_id,
    c.name,
    c.parent,
    c.limit_kw,
    c.limit_a,
    c.reserved_kw,
    list(f.evse_id order by f.evse_id) filter (where f.evse_id is not null) as evse_ids
from circuit c
left join (evse_fact f join evse e on e.evse_id = f.evse_id)
    on f.circuit = c.name and e.site_id = c.site_id
group by all;
