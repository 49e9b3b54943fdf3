select command, content_hash, result, applied_at from applied_operation where op_id = $op_id;
