insert into text_count (phone_hash, since_at, texts) values ($phone_hash, $at, 1);
