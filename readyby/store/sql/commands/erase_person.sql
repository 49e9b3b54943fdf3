delete from person where phone_hash = $phone_hash;
