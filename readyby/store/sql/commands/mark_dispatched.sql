update plan
set dispatched_at = coalesce(dispatched_at, $dispatched_at),
    dispatched_machine_ms = coalesce(dispatched_machine_ms, $dispatched_machine_ms)
where site_id = $site_id and plan_version = $plan_version
returning plan_version;
