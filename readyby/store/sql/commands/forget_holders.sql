update session
set token_hash = null, participant_key = null, match_result = 'erased'
where not active
    and last_updated < $before
    and (token_hash is not null or participant_key is not null)
returning session_id;
