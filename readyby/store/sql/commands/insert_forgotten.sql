insert into forgotten (forgotten_at) values ($forgotten_at);
