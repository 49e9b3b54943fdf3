select v.*
from session_now v
where v.site_id = $site_id
    and v.live
    and not v.active
    and v.status <> 'INVALID'
    and not exists (select 1 from settlement t where t.session_id = v.session_id)
    and not exists (select 1 from session_tie m where m.session_id = v.session_id and m.kind = 'merged')
order by v.ended_at, v.session_id
limit $limit;
