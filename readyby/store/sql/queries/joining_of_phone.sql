select *
from joining
where phone_hash = $phone_hash and texted and state = 'begun' and began_at > $since
order by began_at desc, join_hash
limit 1;
