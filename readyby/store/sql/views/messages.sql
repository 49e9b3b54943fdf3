create or replace view messages as
select
    message_id, session_id, participant_key, kind, marker, state, created_at, not_after, claimed_at, settled_at, error
from message;
