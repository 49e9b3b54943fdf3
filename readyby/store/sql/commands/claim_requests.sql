update request
set claim_id = $claim_id
where site_id = $site_id
    and outcome = 'new'
    and plan_version is null
    and closed_at is null
    and (claim_id is null or claim_id = $claim_id)
returning request_id, sequence;
