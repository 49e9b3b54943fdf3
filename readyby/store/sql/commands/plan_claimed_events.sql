update planning_event set plan_version = $plan_version where claim_id = $claim_id and plan_version is null;
