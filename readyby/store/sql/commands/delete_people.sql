delete from person where token_hash in (select b.token_hash from batch b);
