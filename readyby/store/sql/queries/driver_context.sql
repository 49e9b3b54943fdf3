select
    p.language,
    p.wh_per_mi,
    t.control_paused,
    (select f.as_of from feed_position f where f.feed = 'pages') as feed_as_of,
    (select f.meter_every_s from feed_position f where f.feed = 'pages') as meter_every_s
from session s
join site t on t.site_id = s.site_id
left join person p on p.participant_key = s.participant_key
where s.session_id = $session_id;
