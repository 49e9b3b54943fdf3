select
    p.phone,
    (select u.error_code from unreachable_phone u where u.phone_hash = p.phone_hash) as unreachable,
    (select count(*) from paused_person x where x.participant_key = p.participant_key) > 0 as paused,
    (select count(*) from message s where s.session_id = m.session_id and s.claimed_at is not null) as in_session,
    (
        select count(*)
        from message d
        join person q on q.participant_key = d.participant_key
        where q.phone_hash = p.phone_hash and d.claimed_at >= $since
    ) as to_phone,
    (
        select count(*)
        from message d
        join session s on s.session_id = d.session_id
        join session h on h.session_id = m.session_id
        where s.site_id = h.site_id and d.claimed_at >= $since
    ) as from_site,
    (select count(*) from message a where a.claimed_at >= $since) as of_all
from message m
join person p on p.participant_key = m.participant_key
where m.message_id = $message_id;
