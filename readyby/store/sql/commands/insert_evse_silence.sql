insert into evse_silence (evse_id, since_at) values ($evse_id, $since_at);
