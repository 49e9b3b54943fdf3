update sending_hold set next_try_at = $next_try_at;
