insert into paused_person (participant_key, since_at) values ($participant_key, $since_at) on conflict (participant_key) do nothing;
