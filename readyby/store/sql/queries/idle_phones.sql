select p.phone_hash
from person p
left join session s on s.participant_key = p.participant_key
group by p.phone_hash
having max(greatest(p.changed_at, coalesce(s.last_updated, p.changed_at))) < $before
    and not coalesce(bool_or(s.active), false)
order by p.phone_hash;
