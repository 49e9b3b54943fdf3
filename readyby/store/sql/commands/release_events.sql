update planning_event
set claim_id = null
where plan_version is null
    and claim_id in (select c.claim_id from claim c where c.state = 'returned')
returning event_id;
