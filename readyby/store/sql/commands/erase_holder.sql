update session
set token_hash = null, participant_key = null, match_result = 'erased'
where participant_key = $participant_key
returning session_id;
