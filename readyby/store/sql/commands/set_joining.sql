update joining set state = $state, confirmed_at = $confirmed_at where join_hash = $join_hash;
