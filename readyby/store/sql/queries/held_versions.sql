select evse_id, max(plan_version) as plan_version from held_step group by evse_id;
