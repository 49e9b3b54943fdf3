select kind, state, count(*) as number
from messages
group by kind, state
order by kind, state
