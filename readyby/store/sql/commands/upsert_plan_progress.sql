insert into plan_progress (
    site_id, plan_version, taken_machine_ms, first_wave_accepted_machine_ms, complete_machine_ms
)
select site_id, plan_version, taken_machine_ms, first_wave_accepted_machine_ms, complete_machine_ms
from batch
on conflict (site_id, plan_version) do update
set first_wave_accepted_machine_ms
        = coalesce(plan_progress.first_wave_accepted_machine_ms, excluded.first_wave_accepted_machine_ms),
    complete_machine_ms = coalesce(plan_progress.complete_machine_ms, excluded.complete_machine_ms);
