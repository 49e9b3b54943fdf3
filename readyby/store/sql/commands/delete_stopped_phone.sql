delete from stopped_phone where phone_hash = $phone_hash;
