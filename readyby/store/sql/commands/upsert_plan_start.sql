insert into plan_start (site_id, plan_version, start_text)
values ($site_id, $plan_version, $start_text)
on conflict (site_id) do update set plan_version = excluded.plan_version, start_text = excluded.start_text;
