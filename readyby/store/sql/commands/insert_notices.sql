insert into notice (seq, kind, evse_id, session_id, action, alarm, noticed_at, detail)
select seq, kind, evse_id, session_id, action, alarm, noticed_at, detail
from batch
on conflict (seq) do nothing
returning seq;
