"""docs/coverage.md and docs/coverage.csv: every figure from the files of a run."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from synthetic_registers.direct_outcomes import PLACEBOS
from synthetic_registers.parameters import load_scenario
from tests.proofs.coverage.checks import HIDDEN, Check, check_all
from tests.proofs.coverage.estimators import ESTIMATORS, Estimator
from tests.proofs.coverage.replication import PERSONS, SCENARIOS
from tests.proofs.coverage.runner import LARGER_PERSONS

SOFTWARE = ("numpy", "scipy", "pandas", "numba")


def write(
    table: pd.DataFrame,
    page: Path,
    persons: int = PERSONS,
    timing: pd.DataFrame | None = None,
    larger: pd.DataFrame | None = None,
) -> list[Check]:
    """Write the page, and beside it every cell as CSV; gives the checks.

    ``timing`` is the table of :func:`tests.proofs.coverage.timing.timed`, ``larger`` the summary of the larger populations.
    """
    checks = check_all(table)
    table.to_csv(page.with_suffix(".csv"), index=False, float_format="%.6g", lineterminator="\n")
    if larger is not None:
        beside = page.with_name(_larger_csv(page.with_suffix(".csv").name))
        larger.to_csv(beside, index=False, float_format="%.6g", lineterminator="\n")
    lines = _lines(table, checks, persons, page.with_suffix(".csv").name, timing, larger)
    page.write_text("\n".join(lines), encoding="utf-8")
    return checks


def _lines(
    table: pd.DataFrame,
    checks: Sequence[Check],
    persons: int,
    csv: str,
    timing: pd.DataFrame | None,
    larger: pd.DataFrame | None,
) -> list[str]:
    lines = [
        "# Coverage\n",
        f"Written by `make coverage`; no figure here is typed by hand. Each replication is a synthetic population of {persons:,} persons whose truth is known, drawn, "
        "scored, matched and estimated as the study does it. Populations come straight from the simulation, without register files and so without flaws in them; a test holds "
        "that path against the one through files.\n",
        f"Every cell is in `{csv}`: bias against the population ATT (pooled over the replications of the scenario, weighted by the treated; on the actual clock the "
        "clock-randomised contrast), empirical SD of the estimates, mean standard error, their ratio, and the share of 95 % intervals that hold the population ATT. "
        "Shares are in percentage points.\n",
        "The seed of replication r of the k-th scenario is 1,000,000 · k + r; every replication run is counted. "
        f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in SOFTWARE)}; {platform.machine()}, {os.cpu_count()} cores.\n",
        f"CPU time of a replication, alone in one thread: {_cost(timing)}.\n",
        "## What is demanded, and what was found\n",
        "The limits were set before the run. A cell is one outcome, horizon, clock, estimator and scenario; `hidden_confounder` is left out of the demands on bias and "
        "coverage, since there no estimator can be right, and so are the estimators flagged as biased.\n",
        _markdown(
            pd.DataFrame(
                [(c.demand, c.limit, c.found, _verdict(c)) for c in checks], columns=["demand", "limit", "found", ""]
            )
        ),
        "",
    ]
    lines += [
        "How to read what is not met. Of n replications an empirical SD is known to a share of 1 / sqrt(2 n), and a bias to its Monte Carlo error: among hundreds of cells some "
        "cross a limit by chance. Biases of matched estimates in `strong_selection` are those of the "
        'participants left out (the rows "for the participants it speaks of", and the table below). Small negative biases of matched estimates soon after the start, against the effect '
        "of those matched, are a matter of size: they are less in larger populations (below). `did` is too wide: the score holds the years before, so the sets balance them and the "
        "difference in them varies less than its error says.\n",
    ]
    lines += [
        "## By scenario\n",
        "Over the cells of each estimator and clock (the placebo apart); bias of shares only.\n",
    ]
    for scenario in SCENARIOS:
        rows = table[table["scenario"] == scenario]
        if len(rows):
            lines += [f"### {scenario}: {load_scenario(scenario).title}\n", _markdown(_overview(rows)), ""]
    lines += [
        "## Participants whom the matching leaves out\n",
        "A matched estimate speaks of the participants for whom somebody was found within the caliper. Where the employment does less for those left out (the readily "
        "employable would have had work anyway, which shows most in the first year from the start) it lies above the effect of all. Shares of the participants matched; the "
        "bias of largest size against the effect of all, and of the same cell against the effect of those matched, with its Monte Carlo error.\n",
        _markdown(_left_out(table)),
        "",
    ]
    if larger is not None:
        lines += [
            f"## What is left in populations of {LARGER_PERSONS:,} persons\n",
            "A score of some sixty terms that is fitted on few starts fits their luck as well: participants and those matched to them are then less alike than their scores say. "
            "Bias against the participants that an estimator speaks of, in the mean over all its cells and in those of the first year and month 12, in both sizes; Monte Carlo errors "
            f"in brackets. Every cell is in `{_larger_csv(csv)}`.\n",
            _markdown(_by_size(table, larger)),
            "",
        ]
    lines += [
        "## Flagged: what they get wrong\n",
        "Bias in points of employment (E4) by horizon, each against the truth of its own question: `own_exit` counts comparison persons from their own leaving, "
        "`never_in_follow_up` leaves out those who begin later (against never), `cap 1` uses everybody once at most, in the order of time or of the score.\n",
        _markdown(_flagged(table)),
        "",
    ]
    placebos = table[table["outcome"].isin(PLACEBOS) & table["clock"].eq("start")]
    lines += [
        "## Placebos: work long before the start\n",
        "The truth is 0. Months 30-36 before lie in the second or third calendar year before, whose income the score holds: what is adjusted for cannot show there, and "
        "intervals are too wide; with late covariates the score holds nothing of those years. July to December of the fourth calendar year before lie outside every covariate "
        "of the study.\n",
        _markdown(_placebos(placebos)),
        "",
    ]
    if timing is not None:
        lines += [
            "## What a replication costs\n",
            "Seconds of CPU time of `default`, the mean over some replications; what the study file asks for is marked.\n",
            _markdown(
                pd.DataFrame(
                    [(r.part, f"{r.seconds:.3f}", "yes" if r.in_study else "") for r in timing.itertuples()],
                    columns=["part", "s", "in the study file"],
                )
            ),
            "",
        ]
    lines += ["## Employed in November (E4), and established (E2), years 1-4\n"]
    for scenario in SCENARIOS:
        rows = table[
            table["scenario"].eq(scenario) & table["clock"].isin(("start", "exit_planned", "exit_actual", "exit_own"))
        ]
        for definition in ("E4_employed", "E2_scb"):
            part = rows[
                rows["definition"].eq(definition) & rows["outcome"].eq("established") & rows["horizon_unit"].eq("year")
            ]
            if len(part):
                lines += [f"### {scenario}, {definition}\n", _markdown(_years(part)), ""]
    return lines


def _cost(timing: pd.DataFrame | None) -> str:
    if timing is None:
        return "not measured"
    study = timing.loc[timing["in_study"], "seconds"].sum()
    return f"{study:.2f} s with the estimators of the study file, {timing['seconds'].sum():.2f} s with all that stand below"


def _overview(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[~rows["outcome"].isin(PLACEBOS)]
    out = []
    for (estimator, clock), cells in rows.groupby(["estimator", "clock"], sort=False):
        points = cells[cells["unit"] == "points"]
        worst = (
            points["bias"].iloc[int(np.nanargmax(points["bias"].abs().to_numpy()))]
            if points["bias"].notna().any()
            else np.nan
        )
        out.append(
            (
                estimator,
                clock,
                int(cells["replications"].max()),
                int(cells["refused"].min()),
                f"{worst:+.2f}",
                f"{points['bias'].mean():+.2f}",
                f"{cells['coverage'].mean():.1f}",
                f"{cells['coverage'].min():.1f} – {cells['coverage'].max():.1f}",
                f"{cells['se_ratio'].min():.3f} – {cells['se_ratio'].max():.3f}",
                ""
                if cells["weight_sum"].isna().all()
                else f"{cells['weight_sum'].min():.3f} – {cells['weight_sum'].max():.3f}",
            )
        )
    head = [
        "estimator",
        "clock",
        "replications",
        "refused",
        "largest bias",
        "mean bias",
        "coverage %",
        "from – to",
        "SE / SD",
        "Σw / n",
    ]
    return pd.DataFrame(out, columns=head)


def _left_out(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[
        table["share_matched"].notna()
        & table["bias"].notna()
        & table["unit"].eq("points")
        & table["scenario"].ne(HIDDEN)
        & ~table["outcome"].isin(PLACEBOS)
    ]
    out = []
    for (scenario, estimator, clock), cells in rows.groupby(["scenario", "estimator", "clock"], sort=False):
        worst = cells.loc[cells["bias"].abs().idxmax()]
        cell = f"{worst['outcome']} {worst['definition']}, {worst['horizon_unit']} {int(worst['horizon'])}"
        out.append(
            (
                scenario,
                estimator,
                clock,
                f"{worst['share_matched']:.1f} %",
                cell,
                f"{worst['bias']:+.2f}",
                f"{worst['bias_matched']:+.2f}",
                f"{worst['bias_mc_error']:.2f}",
            )
        )
    head = ["scenario", "estimator", "clock", "matched", "cell", "against all", "against the matched", "MC error"]
    return pd.DataFrame(out, columns=head)


def _larger_csv(csv: str) -> str:
    return csv.replace(".csv", "_larger.csv")


def _by_size(table: pd.DataFrame, larger: pd.DataFrame) -> pd.DataFrame:
    """Bias for the participants matched beside the same in larger populations: means over cells, and the cells soon after the start."""
    key = ["scenario", "estimator", "clock", "outcome", "definition", "horizon", "horizon_unit"]
    both = table.merge(larger, on=key, suffixes=("", "_larger"))
    both = both[both["bias_matched"].notna() & both["unit"].eq("points") & ~both["outcome"].isin(PLACEBOS)]
    soon = both["horizon_unit"].eq("year") & both["horizon"].eq(1) | both["horizon_unit"].eq("month") & both[
        "horizon"
    ].eq(12)
    out = []
    for (scenario, estimator), cells in both.groupby(["scenario", "estimator"], sort=False):
        means = [f"{cells[f'bias_matched{end}'].mean():+.2f}" for end in ("", "_larger")]
        out.append((scenario, estimator, "", f"mean of {len(cells)} cells", *means))
        for _, r in cells[soon[cells.index] & cells["clock"].eq("start")].iterrows():
            cell = " ".join(filter(None, (r["outcome"], r["definition"], f"{r['horizon_unit']} {r['horizon']}")))
            found = [
                f"{r[f'bias_matched{end}']:+.2f} ({r[f'bias_matched_mc_error{end}']:.2f})" for end in ("", "_larger")
            ]
            out.append((scenario, estimator, r["clock"], cell, *found))
    sizes = [f"bias, {n:,} persons" for n in (PERSONS, LARGER_PERSONS)]
    return pd.DataFrame(out, columns=["scenario", "estimator", "clock", "cell", *sizes])


def _flagged(table: pd.DataFrame) -> pd.DataFrame:
    names = [e.name for e in ESTIMATORS if e.flagged]
    rows = table[
        table["estimator"].isin(names)
        & table["scenario"].isin(("default", "intense", "early_leaving"))
        & table["outcome"].eq("established")
        & table["definition"].eq("E4_employed")
    ]
    columns = [("month", h) for h in (6, 12, 24, 36, 48)] + [("year", k) for k in (1, 2, 3, 4)]
    out = []
    for (scenario, estimator), cells in rows.groupby(["scenario", "estimator"], sort=False):
        bias = cells.set_index(["horizon_unit", "horizon"])["bias"]
        out.append((scenario, estimator, *(f"{bias[c]:+.2f}" if c in bias.index else "" for c in columns)))
    return pd.DataFrame(out, columns=["scenario", "estimator", *(f"{unit} {h}" for unit, h in columns)])


def _placebos(rows: pd.DataFrame) -> pd.DataFrame:
    out = [
        (
            r.scenario,
            r.estimator,
            r.outcome,
            f"{r.mean_estimate:+.2f}",
            f"{r.empirical_sd:.2f}",
            f"{r.se_ratio:.3f}",
            f"{r.coverage:.1f}",
        )
        for r in rows[rows["replications"] > 0].itertuples()
    ]
    return pd.DataFrame(
        out, columns=["scenario", "estimator", "placebo", "estimate", "SD", "SE / SD", "interval holds 0, %"]
    )


def _years(rows: pd.DataFrame) -> pd.DataFrame:
    out = [
        (
            r.estimator,
            r.clock,
            r.horizon,
            f"{r.truth:+.2f}",
            f"{r.bias:+.2f}",
            f"{r.empirical_sd:.2f}",
            f"{r.mean_se:.2f}",
            f"{r.se_ratio:.3f}",
            f"{r.coverage:.1f}",
        )
        for r in rows.itertuples()
    ]
    head = ["estimator", "clock", "year", "truth", "bias", "SD", "mean SE", "SE / SD", "coverage %"]
    return pd.DataFrame(out, columns=head)


def _verdict(check: Check) -> str:
    return {None: "not run", True: "met", False: "NOT MET"}[check.met]


def _markdown(table: pd.DataFrame) -> str:
    head = [f"| {' | '.join(map(str, table.columns))} |", f"| {' | '.join('---' for _ in table.columns)} |"]
    return "\n".join(head + [f"| {' | '.join(map(str, row))} |" for row in table.itertuples(index=False)])


__all__ = ["ESTIMATORS", "Estimator", "write"]
