insert into applied_operation (op_id, command, content_hash, result, applied_at)
values ($op_id, $command, $content_hash, $result, $applied_at);
