"""The caseworker's last assessment of distance to work before the month."""

from __future__ import annotations

import ibis

from evaluation.cohort.dates import day_order, month_of

LEVELS = 10  # more than any step, so that date and step fit in one integer


def last_step(base: ibis.Table, steps: ibis.Table) -> ibis.Table:
    """``step``: the latest registered before the first day of the month (1..5); person-months without one are left out.

    Of two on one day the higher counts. Date and step are packed into one integer whose maximum is the latest: no engine has to
    agree with another on "the last row".
    """
    valid = steps.filter(steps.step >= 1, steps.step <= 5)
    packed = valid.select(
        "person", _at=month_of(valid.date), _packed=(day_order(valid.date).cast("int64") * LEVELS + valid.step)
    )
    monthly = packed.group_by("person", "_at").agg(_packed=packed._packed.max())
    keys = base.select("person", "month")
    met = keys.join(monthly, [keys.person == monthly.person, monthly._at < keys.month])
    return met.group_by("person", "month").agg(step=(met._packed.max() % LEVELS).cast("int32"))
