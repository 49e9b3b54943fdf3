delete from applied_operation where applied_at < $before;
