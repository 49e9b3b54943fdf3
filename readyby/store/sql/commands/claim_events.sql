update planning_event
set claim_id = $claim_id
where site_id = $site_id
    and plan_version is null
    and (claim_id is null or claim_id = $claim_id)
    and kind <> all($leave)
returning event_id, kind, detail;
