select evse_id, start_at, until_at, limit_kw
from held_step
where start_at <= $until_at and until_at > $from_at
order by evse_id, start_at;
