select
    (select count(*) from session) as sessions_seen,
    (select count(*) from session where active) as sessions_active,
    (select count(*) from session where match_result = 'eligible') as eligible_sessions,
    (select count(*) from person) as participants,
    (select count(*) from message where kind = 'welcome' and state = 'sent') as welcome_sms,
    (select count(*) from request) as requests,
    (select count(*) from plan) as plans,
    (select count(*) from meter_value) as meter_values,
    (select count(*) from quarantine) as quarantined,
    (select count(*) from run where mode = 'in_run') as runs_in_run,
    (select count(*) from run where mode = 'bare') as runs_bare,
    (select count(*) from run where flow_run_id is null) as runs_unrecorded;
