update granted_time set until_at = greatest(until_at, $until_at), speed = $speed returning until_at;
