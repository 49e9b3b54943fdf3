select op_id, command, content_hash, result, applied_at
from applied_operation
where applied_at >= $since
order by applied_at;
