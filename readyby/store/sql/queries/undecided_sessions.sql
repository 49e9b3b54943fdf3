select
    s.session_id,
    s.session_ref,
    s.evse_id,
    coalesce(t.name, '') as site_name,
    p.participant_key,
    case
        when not s.live then 'history'
        when not s.active then 'ended'
        when not coalesce(e.controlled, false) then 'not_controlled'
        when s.token_hash is null then 'no_token'
        when coalesce(n.holders, 0) = 0 then 'unknown_token'
        when n.holders > 1 then 'ambiguous_token'
        when p.consent_at is null or p.consent_at > $now then 'no_consent'
        when x.phone_hash is not null then 'stopped'
        when k.participant_key is not null then 'paused'
        else 'eligible'
    end as match_result
from session s
left join evse e on e.evse_id = s.evse_id
left join site t on t.site_id = s.site_id
left join (select token_hash, count(*) as holders from person group by token_hash) n on n.token_hash = s.token_hash
left join person p on p.token_hash = s.token_hash and n.holders = 1
left join stopped_phone x on x.phone_hash = p.phone_hash
left join paused_person k on k.participant_key = p.participant_key
where s.match_result is null
order by s.started_at, s.session_id;
