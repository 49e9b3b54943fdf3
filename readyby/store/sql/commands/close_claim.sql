update claim set state = 'planned', plan_version = $plan_version where claim_id = $claim_id;
