insert into heartbeat (lane, beats, beaten_at) values (1, 1, $beaten_at) returning beats;
