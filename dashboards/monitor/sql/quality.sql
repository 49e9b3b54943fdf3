select
    kind, action, alarm,
    count(*) as number,
    count(distinct evse_id) as evses,
    max(noticed_at) as newest_at,
    max(detail) as detail
from (
    select *, case when kind like 'quarantined%' then detail else '' end as reason
    from data_quality
) q
group by kind, action, alarm, reason
order by alarm desc, number desc
