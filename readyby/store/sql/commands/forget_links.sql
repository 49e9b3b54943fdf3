delete from link
where coalesce(closes_at, created_at) < $before
    and not exists (select 1 from session s where s.session_id = link.session_id and s.active)
returning key_hash;
