delete from link
where session_id in (select s.session_id from session s where s.participant_key = $participant_key)
returning key_hash;
