"""From the files of a run to one row per scenario, estimator, clock and line of outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from synthetic_registers.direct_outcomes import CHOSEN
from tests.proofs.coverage.estimators import ESTIMATORS, Estimator
from tests.proofs.coverage.replication import SCENARIOS

AMOUNTS = ("earnings", "social_assistance_months")
_TRUTH_KEY = ["estimand", "clock", "line"]
COLUMNS = (
    "scenario", "estimator", "estimand", "clock", "outcome", "definition", "horizon", "horizon_unit", "unit", "replications", "refused",
    "truth", "mean_estimate", "bias", "bias_mc_error", "empirical_sd", "mean_se", "se_ratio", "coverage", "weight_sum",
)  # fmt: skip


def summarise(folder: Path, estimators: Sequence[Estimator] = ESTIMATORS) -> pd.DataFrame:
    """The whole run, columns :data:`COLUMNS`; shares are in points (hundredths), amounts in their own unit.

    The truth is the population's: pooled over the replications of the scenario, so weighted by their treated.
    """
    parts = [of_scenario(folder, scenario, estimators) for scenario in SCENARIOS if _files(folder, scenario, "truth")]
    if not parts:
        raise FileNotFoundError(f"no finished replications in {folder}")
    return pd.concat(parts, ignore_index=True)


def cost(folder: Path) -> float:
    """Mean CPU time of a replication, seconds."""
    files = sorted(folder.glob("*-[0-9]*-estimates.parquet"))
    each = [pd.read_parquet(p, columns=["replication", "cpu_seconds"]).drop_duplicates("replication") for p in files]
    return float(pd.concat(each)["cpu_seconds"].mean())


def of_scenario(folder: Path, scenario: str, estimators: Sequence[Estimator] = ESTIMATORS) -> pd.DataFrame:
    """One scenario's rows."""
    truth = pooled_truth(pd.concat(map(pd.read_parquet, _files(folder, scenario, "truth"))))
    estimates = pd.concat(map(pd.read_parquet, _files(folder, scenario, "estimates")), ignore_index=True)
    known = {e.name: e for e in estimators}
    rows = [
        _of_estimator(scenario, known[str(name)], str(clock), group, truth)
        for (name, clock), group in estimates.groupby(["estimator", "clock"], observed=True)
        if str(name) in known
    ]
    order = {name: place for place, name in enumerate(known)}
    table = pd.concat(rows, ignore_index=True)
    return table.sort_values("estimator", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def pooled_truth(truths: pd.DataFrame) -> pd.Series:
    """The population ATT by estimand, clock and line: all the treated of all replications, with less without."""
    sums = truths.groupby(_TRUTH_KEY)[["sum_with", "n_with", "sum_without", "n_without"]].sum()
    return sums["sum_with"] / sums["n_with"] - sums["sum_without"] / sums["n_without"]


def _of_estimator(
    scenario: str, estimator: Estimator, clock: str, group: pd.DataFrame, truth: pd.Series
) -> pd.DataFrame:
    true = truth.loc[estimator.estimand, estimator.truth_clock or clock].reindex(range(len(CHOSEN))).to_numpy()
    wide = {
        name: group.pivot(index="replication", columns="line", values=name)
        .reindex(columns=range(len(CHOSEN)))
        .to_numpy()
        for name in ("estimate", "std_error", "ci_low", "ci_high", "weight_sum")
    }
    estimate, seen = wide["estimate"], np.isfinite(wide["estimate"]) & np.isfinite(wide["std_error"])
    number = seen.sum(axis=0)
    inside = (wide["ci_low"] <= true) & (true <= wide["ci_high"])
    scale = np.array([1.0 if line.outcome in AMOUNTS else 100.0 for line in CHOSEN])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _mean(np.where(seen, estimate, np.nan))
        spread = np.sqrt(np.nansum(np.where(seen, (estimate - mean) ** 2, 0), axis=0) / (number - 1))
        se = _mean(np.where(seen, wide["std_error"], np.nan))
        covered = np.where(number > 0, np.sum(inside & seen, axis=0) / number, np.nan)
        columns = {
            "replications": number,
            "refused": len(estimate) - number,
            "truth": scale * true,
            "mean_estimate": scale * mean,
            "bias": scale * (mean - true),
            "bias_mc_error": scale * spread / np.sqrt(number),
            "empirical_sd": scale * spread,
            "mean_se": scale * se,
            "se_ratio": se / spread,
            "coverage": 100 * covered,
            "weight_sum": _mean(wide["weight_sum"]),
        }
    labels = {
        "scenario": scenario,
        "estimator": estimator.name,
        "estimand": estimator.estimand,
        "clock": clock,
        "outcome": [line.outcome for line in CHOSEN],
        "definition": [line.definition for line in CHOSEN],
        "horizon": [line.horizon for line in CHOSEN],
        "horizon_unit": [line.horizon_unit for line in CHOSEN],
        "unit": [
            {"earnings": "sek", "social_assistance_months": "months"}.get(line.outcome, "points") for line in CHOSEN
        ],
    }
    tried = np.isin(np.arange(len(CHOSEN)), group["line"].unique())
    return pd.DataFrame({**labels, **columns}).loc[tried, list(COLUMNS)]


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over replications, NaN where there is none."""
    number = np.sum(~np.isnan(values), axis=0)
    return np.where(number > 0, np.nansum(values, axis=0) / np.maximum(number, 1), np.nan)


def _files(folder: Path, scenario: str, part: str) -> list[Path]:
    return sorted(folder.glob(f"{scenario}-[0-9]*-{part}.parquet"))


__all__ = ["AMOUNTS", "COLUMNS", "cost", "pooled_truth", "summarise"]
