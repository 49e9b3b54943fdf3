update session
set match_result = batch.match_result,
    matched_at = $matched_at,
    participant_key = batch.participant_key,
    session_ref = batch.session_ref
from batch
where session.session_id = batch.session_id;
