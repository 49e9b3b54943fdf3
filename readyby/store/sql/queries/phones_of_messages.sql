select m.message_id, p.phone
from message m
join person p on p.participant_key = m.participant_key
where m.state = 'sending';
