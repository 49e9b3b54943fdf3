select plan_version
from plans
order by plan_version
