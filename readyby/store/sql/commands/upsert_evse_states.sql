insert into evse_state (evse_id, following, trouble, changed_at)
select evse_id, following, trouble, changed_at
from batch
on conflict (evse_id) do update
set following = excluded.following, trouble = excluded.trouble, changed_at = excluded.changed_at;
