select coalesce(sum(texts), 0) as texts from text_count where phone_hash = $phone_hash and since_at >= $since;
