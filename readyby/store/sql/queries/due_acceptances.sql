select n.session_id, n.participant_key, n.request_id, n.energy_need_kwh, n.distance_mi, n.departure_at, p.language,
    p.wh_per_mi, t.time_zone
from session_now n
join person p on p.participant_key = n.participant_key
join site t on t.site_id = n.site_id
join plan_entry e on e.session_id = n.session_id and e.site_id = n.site_id
where n.eligible
    and n.live
    and n.active
    and n.kind = 'need'
    and n.channel in ('page', 'app')
    and n.received_at > $since
    and n.received_at <= $settled
    and n.departure_at > $now
    and e.plan_version = (select max(x.plan_version) from plan x where x.site_id = n.site_id)
    and n.plan_version <= e.plan_version
    and e.shortfall_kwh <= greatest($short_kwh, $short_share * n.energy_need_kwh)
    and not exists (
        select 1 from message m where m.session_id = n.session_id and m.marker = n.request_id and m.kind <> 'link'
    );
