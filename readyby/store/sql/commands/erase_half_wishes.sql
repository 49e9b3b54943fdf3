delete from half_wish
where session_id in (select s.session_id from session s where s.participant_key = $participant_key);
