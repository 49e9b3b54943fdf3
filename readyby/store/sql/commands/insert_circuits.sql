insert into circuit (site_id, place, name, parent, limit_kw, limit_a, reserved_kw)
select site_id, place, name, parent, limit_kw, limit_a, reserved_kw
from batch;
