merge into session_meter m
using (
    select l.session_id, l.measured_at, l.power_kw, l.energy_kwh, l.highest_kwh
    from (
        select
            v.session_id,
            v.measured_at,
            v.power_kw,
            v.energy_kwh,
            max(v.energy_kwh) over (partition by v.session_id) as highest_kwh,
            row_number() over (partition by v.session_id order by v.measured_at desc, v.evse_id desc) as back
        from meter_value v
        join batch b on b.session_id = v.session_id
    ) l
    where l.back = 1
) s
on m.session_id = s.session_id
when matched then update set
    last_at = s.measured_at,
    last_power_kw = s.power_kw,
    last_energy_kwh = s.energy_kwh,
    max_energy_kwh = s.highest_kwh
when not matched then insert (
    session_id, last_at, last_power_kw, last_energy_kwh, max_energy_kwh, free_since, learned_max_kw
)
values (s.session_id, s.measured_at, s.power_kw, s.energy_kwh, s.highest_kwh, null, null);
