delete from link where key_hash = $key_hash;
