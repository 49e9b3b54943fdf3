insert into delivery (provider_id, status, place, error_code, changed_at, ends)
values ($provider_id, $status, $place, $error_code, $changed_at, $ends)
on conflict (provider_id) do update
set status = excluded.status, place = excluded.place, error_code = excluded.error_code,
    changed_at = excluded.changed_at, ends = excluded.ends
where excluded.place > delivery.place
returning provider_id;
