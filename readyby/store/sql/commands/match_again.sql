update session
set match_result = null, matched_at = null
where token_hash = $token_hash and live and active and match_result = 'unknown_token';
