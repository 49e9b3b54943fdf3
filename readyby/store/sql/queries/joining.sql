select *
from joining
where join_hash = $join_hash and phone_hash = $phone_hash;
