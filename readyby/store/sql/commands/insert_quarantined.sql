insert into quarantine (record_hash, kind, reason, record, received_at)
select record_hash, kind, reason, record, received_at
from batch
on conflict (record_hash) do nothing
returning record_hash;
