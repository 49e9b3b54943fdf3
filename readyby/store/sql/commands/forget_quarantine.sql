delete from quarantine where received_at < $before;
