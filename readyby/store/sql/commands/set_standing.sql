update session
set active = b.active, ended_at = b.ended_at
from batch b
where session.session_id = b.session_id;
