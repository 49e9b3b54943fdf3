delete from unreachable_phone where since_at < $before;
