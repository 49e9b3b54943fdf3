select p.phone_hash
from message m
join person p on p.participant_key = m.participant_key
where m.provider_id = $provider_id;
