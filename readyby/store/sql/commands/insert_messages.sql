insert into message (
    message_id, session_id, participant_key, kind, marker, arguments, state, created_at, not_after
)
select message_id, session_id, participant_key, kind, marker, arguments, 'intent', created_at, not_after
from batch
on conflict (session_id, kind, marker) do nothing
returning message_id;
