select
    m.message_id,
    m.session_id,
    m.kind,
    m.arguments,
    m.not_after,
    s.session_ref,
    coalesce(s.active, false) as active,
    p.phone,
    p.language,
    p.consent_at,
    x.phone_hash is not null as stopped,
    t.time_zone
from message m
left join session s on s.session_id = m.session_id
left join site t on t.site_id = s.site_id
left join person p on p.participant_key = m.participant_key
left join stopped_phone x on x.phone_hash = p.phone_hash
where m.state = 'intent'
order by m.created_at, m.message_id;
