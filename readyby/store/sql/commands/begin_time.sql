insert into granted_time (lane, until_at, speed) values (1, $until_at, $speed);
