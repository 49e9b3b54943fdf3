delete from text_count where phone_hash = $phone_hash;
