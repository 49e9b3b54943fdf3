delete from joining where phone_hash = $phone_hash;
