select state, count(*) as number
from commands
group by state
order by number desc
