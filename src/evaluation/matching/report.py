"""The printed summary of a matching, and what became of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.matching.options import READ_BY, SPATIAL
from evaluation.matching.spec import DistanceMatrix

if TYPE_CHECKING:
    from evaluation.matching.limits import Limits
    from evaluation.matching.result import Matched


def flow_table(matched: Matched) -> pd.DataFrame:
    """Rows the effect speaks of, from all to matched, by the reason for which they were left: step, n_in, n_removed, n_out."""
    task = matched.task
    focal = np.flatnonzero(task.focal)
    used = matched.weights[focal] > 0
    gone = np.zeros(len(focal), bool) if matched.discarded is None else matched.discarded[focal]
    scored = (task.stratum[focal] >= 0) | gone
    other, partners = ("treated", task.treated) if matched.spec.estimand == "atc" else ("control", ~task.treated)
    if task.intervals is not None:
        partners = np.ones(len(task.treated), bool)
    partners = np.bincount(
        task.stratum[partners & (task.stratum >= 0)], minlength=int(task.stratum.max(initial=-1)) + 1
    )
    inside = scored & ~gone
    company = inside & (np.append(partners, 0)[task.stratum[focal]] > 0)
    left = [
        ("discarded by the rule of common support", gone),
        ("outside common support of the score", ~scored),
        (f"no {other} in the same exact stratum", inside & ~company),
    ]
    if matched.weighting is None:
        reachable = np.zeros(len(focal), bool)
        reachable[:] = matched.pair_rows.reachable
        left += [
            (f"no {other} within the calipers", company & ~reachable & ~used),
            (
                f"all such {other}s used up" if other == "control" else "all such treated used up",
                company & reachable & ~used,
            ),
        ]
    elif matched.weighting.sets is not None:
        kind = "cell" if matched.spec.method == "cem" else "subclass"
        left.append((f"no {other} in the same {kind}", company & ~used))
    rows, n = [], focal.size
    for step, removed in left:
        if step.startswith("discarded") and matched.spec.discard is None:
            continue
        n_gone = int(removed.sum())
        rows.append({"step": step, "n_in": n, "n_removed": n_gone, "n_out": n - n_gone})
        n -= n_gone
    return pd.DataFrame(rows)


def reasons_unmatched(matched: Matched) -> str:
    """Why rows stayed unmatched, with their numbers; empty when all are matched."""
    flow = flow_table(matched)
    return "; ".join(
        f"{n} {step}" for n, step in zip(flow["n_removed"].tolist(), flow["step"].tolist(), strict=True) if n
    )


def summary(matched: Matched) -> str:
    """Six lines: what was matched, on what, how well."""
    spec, counts = matched.spec, matched.counts
    n, n_matched = counts.loc["all", "treated"], counts.loc["matched", "treated"]
    how = f"in {matched.pair_set.size} pairs" if matched.weighting is None else f"by {matched.weighting.note}"
    if matched.pair_rows.sets is not None:
        how = f"in {matched.n_sets} sets"
    lines = [
        f"Matched {n_matched:.0f} of {n:.0f} treated ({_percent(n_matched, n)}) with {counts.loc['matched', 'control']:.0f} "
        f"of {counts.loc['all', 'control']:.0f} controls {how}",
        f"method: {_method(matched)}",
        f"{_limits(matched)}; exact on: {_exact(matched)}; ties by seed {spec.seed}",
        f"effective size: {matched.ess['treated']:.1f} treated, {matched.ess['control']:.1f} controls",
    ]
    if matched.covariates:
        balance = matched.balance()
        lines.append(
            f"largest |SMD|: {balance.max_smd('before'):.3f} before ({balance.worst('before')}), "
            f"{balance.max_smd('after'):.3f} after ({balance.worst('after')})"
        )
    who = "controls" if spec.estimand == "atc" else "treated"
    lines.append(f"unmatched {who}: {reasons_unmatched(matched) or 'none'}")
    return "\n".join(lines)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"


def _method(matched: Matched) -> str:
    spec = matched.spec
    parts = [spec.method]
    if spec.method in READ_BY["distance"]:
        parts[0] += f" on {_distance(spec)}"
    if spec.method in READ_BY["replace"]:
        parts.append(_ratio(spec))
        parts.append(_reuse(matched))
        if spec.order is not None:
            parts.append(f"order {spec.order}")
    if spec.method == "optimal":
        parts.append(_ratio(spec))
    if matched.task.limits is not None:
        parts.append(_sets(matched.task.limits))
    parts.append(f"estimand {str(spec.estimand).upper()}")
    return ", ".join(parts)


def _distance(spec: object) -> str:
    if isinstance(spec.distance, DistanceMatrix):
        return "a given distance"
    if spec.distance in SPATIAL:
        return f"the {spec.distance.replace('_', ' ')} distance of {', '.join(spec.place)}"
    return f"the {spec.distance}"


def _ratio(spec: object) -> str:
    if spec.max_controls is None:
        return f"up to {spec.ratio} per treated" if spec.estimand != "atc" else f"up to {spec.ratio} per control"
    return f"{spec.min_controls or 1} to {spec.max_controls} per treated, {spec.ratio:g} on average"


def _sets(limits: Limits) -> str:
    """Limits on the sets of a full matching."""
    least = f"at least {limits.least}" if limits.least > 1 else ""
    most = f"at most {limits.most}" if limits.most is not None else ""
    parts = [f"{' and '.join(filter(None, (least, most))) or 'any number of'} controls per treated"]
    shared = "any number of" if limits.shared is None else f"at most {limits.shared}"
    parts.append("no control shared" if limits.shared == 1 else f"{shared} treated per control")
    if limits.mean is not None:
        parts.append(f"{limits.mean:g} controls per treated on average")
    return ", ".join(parts)


def _reuse(matched: Matched) -> str:
    if matched.task.cap:
        return f"a person in at most {matched.task.cap} sets across months"
    capacity = matched.spec.capacity
    if capacity == 1:
        return "without replacement" + (" within a month" if matched.spec.risk_set is not None else "")
    return "with replacement" if capacity == 0 else f"a control in at most {capacity} sets"


def _exact(matched: Matched) -> str:
    spec = matched.spec
    risk = (spec.risk_set,) if isinstance(spec.risk_set, str) else ()
    text = ", ".join((*risk, *spec.exact))
    if spec.risk_set is not None and not risk:
        text = ", ".join(("the month of the start", *spec.exact))
    if spec.antiexact:
        text += f"{'; ' if text else ''}different in: {', '.join(spec.antiexact)}"
    return text or "nothing"


def _limits(matched: Matched) -> str:
    spec, task = matched.spec, matched.task
    parts = []
    if spec.caliper is not None:
        on = "the given distance" if isinstance(spec.distance, DistanceMatrix) else f"the {_axis(spec)}"
        parts.append(f"{spec.caliper:g} {spec.caliper_unit} = {task.caliper:.4g} on {on}")
    parts += [
        f"{width:g} {spec.caliper_unit} = {limit:.4g} on {name}"
        for (name, width), limit in zip(spec.covariate_calipers.items(), task.gap_limit, strict=False)
    ]
    text = f"caliper: {', '.join(parts) or 'none'}"
    if spec.discard is not None:
        text += f"; common support: {spec.discard}"
    return text


def _axis(spec: object) -> str:
    return "probability" if spec.distance == "probability" else "logit"
