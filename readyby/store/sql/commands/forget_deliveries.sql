delete from delivery where changed_at < $before;
