update request
set closed_at = $closed_at
where plan_version is null
    and closed_at is null
    and session_id in (select b.session_id from batch b);
