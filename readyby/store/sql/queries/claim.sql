select claim_id, state from claim where claim_id = $claim_id;
