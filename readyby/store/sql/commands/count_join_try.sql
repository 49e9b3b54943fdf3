update joining set tries = tries + 1 where join_hash = $join_hash;
