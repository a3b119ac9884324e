"""Counting months before a month: the one rule behind every count over the last 12 or 24 months."""

from __future__ import annotations

import ibis


def count_before(base: ibis.Table, events: ibis.Table, counts: dict[str, tuple[str, int]]) -> ibis.Table:
    """Number of event months in ``[month - length, month - 1]`` for every person-month of ``base``.

    Parameters
    ----------
    base
        Person-months: columns ``person`` and ``month``.
    events
        At most one row per person and month: ``person``, ``month`` and 0/1 columns.
    counts
        ``{name of the count: (0/1 column of events, length in months)}``.

    Returns
    -------
    One row per person-month of ``base`` that has an event in its longest window; the others count 0.
    """
    longest = max(length for _, length in counts.values())
    keys = base.select("person", "month")
    dated = events.rename(_at="month")
    met = keys.join(dated, [keys.person == dated.person, dated._at < keys.month, dated._at >= keys.month - longest])
    return met.group_by("person", "month").agg(
        **{
            name: ibis.ifelse(met._at >= met.month - length, met[flag], 0).sum().cast("int32")
            for name, (flag, length) in counts.items()
        }
    )
