"""Rows of the release's tables of robustness: what was tried, what came of it, and what disclosure control is told beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.robustness import EValue, PartialR2, Placebo, RosenbaumBounds
from evaluation.robustness.contour_figure import marked
from evaluation.robustness.curve import label_of
from evaluation.study.file import StudyFile
from evaluation.study.follow_up import BEFORE_COVARIATES

CHOICES = ("clock", "definition", "year", "method", "ratio", "caliper", "replace")
"""Choices of a specification as the release tells them, every one of them in every row."""
SPECIFICATION_NUMBERS = ("estimate", "std_error", "ci_low", "ci_high")
PLACEBO_NUMBERS = SPECIFICATION_NUMBERS
SENSITIVITY_COLUMNS = (
    "kind", "quantity", "covariate", "gamma", "r2_treatment", "r2_outcome", "value", "status",
)  # fmt: skip
_AUDIT = {
    "audit_n_treated": "n_treated",
    "audit_n_controls": "n_controls",
    "audit_ess_controls": "ess_controls",
    "audit_treated_mean": "treated_mean",
    "audit_control_mean": "control_mean",
}


def specification_labels(spec: StudyFile, specifications: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """What tells one specification from another; ``primary`` marks the study's own choices."""
    own = spec.own_choices
    rows = []
    for number, choices in enumerate(specifications, 1):
        full = {**own, **choices}
        texts = {name: _text(full[name]) for name in CHOICES}
        rows.append({"specification": number, **texts, "primary": all(own[n] == v for n, v in choices.items())})
    return pd.DataFrame(rows, columns=["specification", *CHOICES, "primary"])


def blank(labels: pd.DataFrame, numbers: Sequence[str], status: str) -> pd.DataFrame:
    """Rows by name alone, with the status that says why."""
    return labels.assign(**dict.fromkeys(numbers, np.nan), status=status)


def specification_rows(estimates: Sequence[pd.Series | None], followed: Sequence[float], least: float) -> pd.DataFrame:
    """Numbers of the specifications; those seen for fewer than the share ``least`` of the participants are not observed.

    Parameters
    ----------
    estimates
        A row of a table of estimates for each specification; None where there is none.
    followed
        Share of the participants whose year lies inside the registers.
    """
    rows = []
    for made, share in zip(estimates, followed, strict=True):
        if made is None:
            status = "not_estimated"
        elif made["n_treated"] == 0 or share < least:
            status = "not_observed"
        else:
            status = "released" if np.isfinite(made["estimate"]) else "not_estimated"
        shown = made if made is not None and status == "released" else None
        numbers = {name: np.nan if shown is None else float(shown[name]) for name in SPECIFICATION_NUMBERS}
        audit = {name: np.nan if made is None else float(made[column]) for name, column in _AUDIT.items()}
        rows.append({**numbers, "status": status, **audit})
    return pd.DataFrame(rows, columns=[*SPECIFICATION_NUMBERS, "status", *_AUDIT])


def placebo_labels(spec: StudyFile, definitions: Sequence[str] | None) -> pd.DataFrame:
    """What is looked at before everything: the primary definition first; no rows for None."""
    named = [] if definitions is None else list(dict.fromkeys([spec.primary.definition, *definitions]))
    margin = np.nan if spec.margins.share is None else spec.margins.share
    rows = [
        ("before_covariates", "established", name, "start", BEFORE_COVARIATES, "year", "share", margin)
        for name in named
    ]
    columns = ["kind", "outcome", "definition", "clock", "horizon", "horizon_unit", "unit", "margin"]
    return pd.DataFrame(rows, columns=columns)


def placebo_rows(found: Placebo) -> pd.DataFrame:
    """Numbers of the placebo outcomes, in the order of :func:`placebo_labels`."""
    table = found.table
    seen = (table["status"] == "estimated").to_numpy() & np.isfinite(table["estimate"].to_numpy(dtype=float))
    numbers = {name: np.where(seen, table[name].to_numpy(dtype=float), np.nan) for name in PLACEBO_NUMBERS}
    audit = {name: table[column].to_numpy(dtype=float) for name, column in _AUDIT.items()}
    return pd.DataFrame({**numbers, "status": np.where(seen, "released", "not_estimated"), **audit})


def sensitivity_rows(
    evalue: EValue | None, rosenbaum: RosenbaumBounds | None, partial_r2: PartialR2 | None, benchmarks: int
) -> pd.DataFrame:
    """Every number of the three ways to ask how strong a hidden trait would have to be."""
    rows: list[dict[str, Any]] = []
    if evalue is not None:
        rows += [_row("evalue", "estimate", evalue.point), _row("evalue", "limit", evalue.limit)]
    if rosenbaum is not None:
        informative = {"audit_n": float(rosenbaum.n_informative)}
        # beyond any strength that means something there is no more to tell
        rows.append(_row("rosenbaum", "turn", min(rosenbaum.gamma_turn, 100.0), **informative))
        table = rosenbaum.table
        for gamma, p in zip(table["gamma"], table["p_high"], strict=True):
            rows.append(_row("rosenbaum", "p_high", p, gamma=float(gamma), **informative))
    if partial_r2 is not None:
        rows += _of_partial_r2(partial_r2, benchmarks)
    return pd.DataFrame(rows, columns=[*SENSITIVITY_COLUMNS, "audit_n"])


def _of_partial_r2(found: PartialR2, benchmarks: int) -> list[dict[str, Any]]:
    rows = [
        _row("robustness_value", "estimate", found.robustness_value),
        _row("robustness_value", "limit", found.robustness_value_of_limit),
    ]
    for b in marked(found, benchmarks, multiple=1).to_dict("records"):
        strength = {"r2_treatment": b["r2_treatment"], "r2_outcome": b["r2_outcome"]}
        for quantity in ("estimate", "ci_low", "ci_high"):
            rows.append(_row("benchmark", quantity, b[quantity], covariate=b["benchmark"], **strength))
    for c in found.contour.to_dict("records"):
        strength = {"r2_treatment": c["r2_treatment"], "r2_outcome": c["r2_outcome"]}
        rows += [_row("contour", quantity, c[quantity], **strength) for quantity in ("estimate", "limit")]
    return rows


def _row(kind: str, quantity: str, value: float, *, covariate: str = "", **numbers: float) -> dict[str, Any]:
    known = bool(np.isfinite(value))
    return {
        "kind": kind,
        "quantity": quantity,
        "covariate": covariate,
        "value": float(value) if known else np.nan,
        "status": "released" if known else "not_estimated",
        **numbers,
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return label_of(value)
