insert into quality_mark (kind, evse_id, measured_at)
select distinct $kind, b.evse_id, b.measured_at
from batch b
where not exists (
    select 1
    from quality_mark q
    where q.kind = $kind and q.evse_id = b.evse_id and q.measured_at = b.measured_at
);
