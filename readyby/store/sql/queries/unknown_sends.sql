select m.message_id, m.kind, m.key_hash, m.claimed_at, p.phone
from message m
join person p on p.participant_key = m.participant_key
where m.state = 'unknown' and m.claimed_at >= $since and m.provider_id is null
order by m.claimed_at
limit 20;
