select
    p.participant_key,
    right(p.phone, 4) as phone_end,
    p.language,
    p.wh_per_mi,
    p.consent_at,
    p.consent_source,
    k.participant_key is not null as paused,
    x.phone_hash is not null as stopped,
    p.synthetic
from person p
left join paused_person k on k.participant_key = p.participant_key
left join stopped_phone x on x.phone_hash = p.phone_hash
order by p.enrolled_at, p.participant_key;
