"""The printed summary of a matching, and what became of the treated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from evaluation.matching.result import Matched


def flow_table(matched: Matched) -> pd.DataFrame:
    """Treated rows from all to matched, by the reason for which they were left: step, n_in, n_removed, n_out."""
    task = matched.task
    treated = np.flatnonzero(task.treated)
    found = np.zeros(len(task.treated), bool)
    found[matched.pair_rows.treated] = True
    scored = task.stratum[treated] >= 0
    controls = np.bincount(
        task.stratum[~task.treated & (task.stratum >= 0)], minlength=int(task.stratum.max(initial=-1)) + 1
    )
    company = scored & (np.append(controls, 0)[task.stratum[treated]] > 0)
    reachable = matched.pair_rows.reachable
    left = [
        ("outside common support of the score", ~scored),
        ("no control in the same exact stratum", scored & ~company),
        ("no control within the calipers", company & ~reachable),
        ("all such controls used up", company & reachable & ~found[treated]),
    ]
    rows, n = [], treated.size
    for step, removed in left:
        gone = int(removed.sum())
        rows.append({"step": step, "n_in": n, "n_removed": gone, "n_out": n - gone})
        n -= gone
    return pd.DataFrame(rows)


def reasons_unmatched(matched: Matched) -> str:
    """Why treated rows stayed unmatched, with their numbers; empty when all are matched."""
    flow = flow_table(matched)
    return "; ".join(
        f"{n} {step}" for n, step in zip(flow["n_removed"].tolist(), flow["step"].tolist(), strict=True) if n
    )


def summary(matched: Matched) -> str:
    """Six lines: what was matched, on what, how well."""
    spec, counts = matched.spec, matched.counts
    n, n_matched = counts.loc["all", "treated"], counts.loc["matched", "treated"]
    lines = [
        f"Matched {n_matched:.0f} of {n:.0f} treated ({_percent(n_matched, n)}) with {counts.loc['matched', 'control']:.0f} "
        f"of {counts.loc['all', 'control']:.0f} controls in {matched.pair_set.size} pairs",
        f"method: {spec.method} on the {spec.distance}, up to {spec.ratio} per treated, {_reuse(matched)}, order {spec.order}",
        f"caliper: {_caliper(matched)}; exact on: {', '.join(spec.exact) or 'nothing'}; ties by seed {spec.seed}",
        f"effective size: {matched.ess['treated']:.1f} treated, {matched.ess['control']:.1f} controls",
    ]
    if matched.covariates:
        balance = matched.balance()
        lines.append(
            f"largest |SMD|: {balance.max_smd('before'):.3f} before ({balance.worst('before')}), "
            f"{balance.max_smd('after'):.3f} after ({balance.worst('after')})"
        )
    lines.append(f"unmatched treated: {reasons_unmatched(matched) or 'none'}")
    return "\n".join(lines)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"


def _reuse(matched: Matched) -> str:
    capacity = matched.spec.capacity
    if capacity == 1:
        return "without replacement"
    return "with replacement" if capacity == 0 else f"a control in at most {capacity} sets"


def _caliper(matched: Matched) -> str:
    spec, task = matched.spec, matched.task
    parts = []
    if spec.caliper is not None:
        parts.append(f"{spec.caliper:g} {spec.caliper_unit} = {task.caliper:.4g} on the {spec.distance}")
    parts += [
        f"{width:g} {spec.caliper_unit} = {limit:.4g} on {name}"
        for (name, width), limit in zip(spec.covariate_calipers.items(), task.gap_limit, strict=True)
    ]
    return ", ".join(parts) or "none"
