"""From the files of a run to one row per scenario, estimator, clock and line of outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tests.proofs.coverage.estimators import ESTIMATORS, Estimator
from tests.proofs.coverage.incidence import LABELLED
from tests.proofs.coverage.replication import SCENARIOS
from tests.proofs.coverage.runner import TRIED

AMOUNTS = ("earnings", "social_assistance_months")
_SUMS = ["sum_with", "n_with", "sum_without", "n_without"]
COLUMNS = (
    "scenario", "estimator", "estimand", "clock", "outcome", "definition", "horizon", "horizon_unit", "unit", "replications", "refused",
    "truth", "mean_estimate", "bias", "bias_mc_error", "empirical_sd", "mean_se", "se_ratio", "coverage", "weight_sum",
    "truth_matched", "bias_matched", "bias_matched_mc_error", "share_matched",
)  # fmt: skip


def summarise(folder: Path, estimators: Sequence[Estimator] = ESTIMATORS) -> pd.DataFrame:
    """The whole run, columns :data:`COLUMNS`; shares are in points (hundredths), amounts in their own unit.

    The truth is the population's: pooled over the replications of the scenario, so weighted by their treated. ``truth_matched`` is that of the
    participants whom the estimator's matching keeps, a share ``share_matched`` (per cent), and ``bias_matched`` the bias against it: what is left of ``bias``
    when the effect of those left out counts no more.
    """
    parts = [of_scenario(folder, scenario, estimators) for scenario in SCENARIOS if _files(folder, scenario, "truth")]
    if not parts:
        raise FileNotFoundError(f"no finished replications in {folder}")
    return pd.concat(parts, ignore_index=True)


def of_scenario(folder: Path, scenario: str, estimators: Sequence[Estimator] = ESTIMATORS) -> pd.DataFrame:
    """One scenario's rows."""
    truths = pd.concat([_read(folder, scenario, "truth").assign(sample="all"), _read(folder, scenario, "more_truth")])
    of_sample = {str(name): Truths.of(part) for name, part in truths.groupby("sample", observed=True)}
    tried = [rows for part in TRIED if len(rows := _read(folder, scenario, part))]
    estimates = pd.concat(tried, ignore_index=True)
    known = {e.name: e for e in estimators}
    rows = [
        _of_estimator(scenario, known[str(name)], str(clock), group, of_sample)
        for (name, clock), group in estimates.groupby(["estimator", "clock"], observed=True)
        if str(name) in known
    ]
    order = {name: place for place, name in enumerate(known)}
    table = pd.concat(rows, ignore_index=True)
    return table.sort_values("estimator", key=lambda c: c.map(order), kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Truths:
    """Sums of the truth of each replication.

    Attributes
    ----------
    sums
        ``{(estimand, clock): (replications, 4, lines)}``: sum and number with, sum and number without.
    replication, treated
        int64 (replications,): numbers of the replications, and how many are treated in each.
    """

    sums: dict[tuple[str, str], np.ndarray]
    replication: np.ndarray
    treated: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Truths:
        """From rows of replication, estimand, clock, line, n_treated and the sums."""
        each = rows.drop_duplicates("replication").sort_values("replication")
        number = each["replication"].to_numpy()
        sums = {}
        for (estimand, clock), part in rows.groupby(["estimand", "clock"], sort=False, observed=True):
            here = np.full((len(number), 4, len(LABELLED)), np.nan)
            here[np.searchsorted(number, part["replication"]), :, part["line"]] = part[_SUMS]
            sums[str(estimand), str(clock)] = here
        return cls(sums, number, each["n_treated"].to_numpy())

    def pooled(self, key: tuple[str, str]) -> np.ndarray:
        """The population ATT by line: all the treated of all replications, with less without."""
        with_it, n_with, without, n_without = self.sums[key].sum(axis=0)
        return with_it / n_with - without / n_without

    def influence(self, key: tuple[str, str]) -> np.ndarray:
        """What each replication adds to the pooled truth, (replications, lines), 0 in the mean: how far its own sums are from the pooled ratio."""
        sums = self.sums[key]
        total = sums.sum(axis=0)
        with_it = (sums[:, 0] - total[0] / total[1] * sums[:, 1]) / total[1]
        without = (sums[:, 2] - total[2] / total[3] * sums[:, 3]) / total[3]
        return len(sums) * (with_it - without)


def _of_estimator(
    scenario: str,
    estimator: Estimator,
    clock: str,
    group: pd.DataFrame,
    truths: Mapping[str, Truths],
) -> pd.DataFrame:
    key = (estimator.estimand, estimator.truth_clock or clock)
    truth, kept = truths["all"], truths.get(str(estimator.sample))
    true, noise = truth.pooled(key), truth.influence(key)
    true_kept = np.full(len(LABELLED), np.nan) if kept is None else kept.pooled(key)
    noise_kept = np.full((1, len(LABELLED)), np.nan) if kept is None else kept.influence(key)
    wide = {
        name: group.pivot(index="replication", columns="line", values=name)
        .reindex(index=truth.replication, columns=range(len(LABELLED)))
        .to_numpy()
        for name in ("estimate", "std_error", "ci_low", "ci_high", "weight_sum")
    }
    estimate, seen = wide["estimate"], np.isfinite(wide["estimate"]) & np.isfinite(wide["std_error"])
    number = seen.sum(axis=0)
    inside = (wide["ci_low"] <= true) & (true <= wide["ci_high"])
    scale = np.array([1.0 if line.outcome in AMOUNTS else 100.0 for line in LABELLED])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _mean(np.where(seen, estimate, np.nan))
        spread = np.sqrt(np.nansum(np.where(seen, (estimate - mean) ** 2, 0), axis=0) / (number - 1))
        se = _mean(np.where(seen, wide["std_error"], np.nan))
        # the truth is of the same populations: what an estimate has from a population's luck it shares with its truth
        error, error_kept = (
            np.sqrt(np.sum(np.where(seen, estimate - mean - shared, 0) ** 2, axis=0) / (number - 1) / number)
            for shared in (noise, noise_kept)
        )
        covered = np.where(number > 0, np.sum(inside & seen, axis=0) / number, np.nan)
        columns = {
            "replications": number,
            "refused": group["replication"].nunique() - number,
            "truth": scale * true,
            "mean_estimate": scale * mean,
            "bias": scale * (mean - true),
            "bias_mc_error": scale * error,
            "empirical_sd": scale * spread,
            "mean_se": scale * se,
            "se_ratio": se / spread,
            "coverage": 100 * covered,
            "weight_sum": _mean(wide["weight_sum"]),
            "truth_matched": scale * true_kept,
            "bias_matched": scale * (mean - true_kept),
            "bias_matched_mc_error": scale * error_kept,
            "share_matched": np.nan if kept is None else 100 * kept.treated.sum() / truth.treated.sum(),
        }
    labels = {
        "scenario": scenario,
        "estimator": estimator.name,
        "estimand": estimator.estimand,
        "clock": clock,
        "outcome": [line.outcome for line in LABELLED],
        "definition": [line.definition for line in LABELLED],
        "horizon": [line.horizon for line in LABELLED],
        "horizon_unit": [line.horizon_unit for line in LABELLED],
        "unit": [
            {"earnings": "sek", "social_assistance_months": "months"}.get(line.outcome, "points") for line in LABELLED
        ],
    }
    tried = np.isin(np.arange(len(LABELLED)), group["line"].unique())
    return pd.DataFrame({**labels, **columns}).loc[tried, list(COLUMNS)]


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over replications, NaN where there is none."""
    number = np.sum(~np.isnan(values), axis=0)
    return np.where(number > 0, np.nansum(values, axis=0) / np.maximum(number, 1), np.nan)


def _read(folder: Path, scenario: str, part: str) -> pd.DataFrame:
    """A part of a scenario, all blocks; no rows where there is none yet."""
    files = _files(folder, scenario, part)
    return pd.concat(map(pd.read_parquet, files), ignore_index=True) if files else pd.DataFrame()


def _files(folder: Path, scenario: str, part: str) -> list[Path]:
    return sorted(folder.glob(f"{scenario}-[0-9]*-{part}.parquet"))


__all__ = ["AMOUNTS", "COLUMNS", "Truths", "summarise"]
