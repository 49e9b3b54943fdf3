select name, parent, limit_kw, limit_a, reserved_kw
from circuit
where site_id = $site_id
order by place;
