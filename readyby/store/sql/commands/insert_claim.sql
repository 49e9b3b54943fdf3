insert into claim (claim_id, site_id, owner, claimed_at, state)
values ($claim_id, $site_id, $owner, $claimed_at, 'open')
on conflict (claim_id) do nothing;
