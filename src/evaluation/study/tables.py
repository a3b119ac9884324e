"""The tables of a release, before disclosure control: aggregates of the cohort, the design and the effects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.registers import Ledger
from evaluation.study.design import Design
from evaluation.study.effects import StudyEffects

BINS = 24  # of the logit of the score, in the overlap table
MEANS = (
    "age",
    "earnings_1",
    "work_months_1",
    "social_assistance_12",
    "unemployed_12",
    "programme_12",
    "insurance_12",
    "earlier_episodes",
)
SHARES = ("married", "employed_1", "student_1")
CATEGORIES = ("origin", "education")
GROUPS = ("participants", "comparison_before", "comparison_after")


def release_tables(
    design: Design,
    effects: StudyEffects,
    *,
    ledger: Ledger,
    registers: pd.DataFrame,
    definitions: pd.DataFrame,
    protocol: Path,
) -> dict[str, pd.DataFrame]:
    """Every table of the release folder, by name, not yet protected."""
    return {
        "effects": effects.table,
        "flow": flow(design),
        "population": population(design),
        "balance": balance(design),
        "overlap": overlap(design),
        "states": effects.states.assign(status="released")[["clock", "year", "group", "state", "share", "n", "status"]],
        "later_treated": effects.later_by_estimand.assign(status="released"),
        "families": effects.families.assign(status="released"),
        "short_long": effects.short_long,
        "ledger": ledger.table[["register", "rule", "rows", "share", "action"]],
        "registers": registers,
        "definitions": definitions,
        "protocol": read_protocol(protocol),
    }


def flow(design: Design) -> pd.DataFrame:
    """Attrition from the rows delivered to the persons analysed; the matching is the last step.

    Where a condition, or the want of anybody comparable, leaves out only a few participants, all steps after the window are told as one: how many
    began in the window and how many were analysed stands elsewhere in the release, so a step of its own would give the few away. Participants
    without a planned end, where there are any, are a group of rows of their own (``clocks``): they are analysed on the other clocks.
    """
    columns = ["group", "step", "unit", "n_in", "n_removed", "n_out"]
    attrition = design.cohort.attrition[columns]
    counts = design.counts
    eligible, matched = int(counts["n_treated_eligible"]), int(counts["n_treated_matched"])
    step = pd.DataFrame(
        [("matching", "no_comparable_person", "participants", eligible, eligible - matched, matched)], columns=columns
    )
    own = attrition[attrition["group"] == "employments"].reset_index(drop=True)
    window = int(own.index[own["step"] == "in_window"][0])
    removed = [*own.loc[window + 1 :, "n_removed"], eligible - matched]
    treated = design.members[design.members["treated"] == 1]
    undated = int((treated["exit_planned"] < 0).sum())
    clocks = pd.DataFrame(
        [("clocks", "planned_exit_known", "participants", matched, undated, matched - undated)], columns=columns
    ).iloc[: 1 if undated else 0]
    if not any(0 < n < design.spec.disclosure.min_count for n in removed):
        return _stacked([attrition, step, clocks]).assign(status="released")
    n_in = int(own.loc[window, "n_out"])
    folded = pd.DataFrame(
        [("employments", "conditions_or_comparable", "persons", n_in, n_in - matched, matched)], columns=columns
    )
    others = attrition[attrition["group"] != "employments"]
    return _stacked([own.loc[:window], folded, others, clocks]).assign(status="released")


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def population(design: Design) -> pd.DataFrame:
    """Who the groups are, by sex: shares and means of the main characteristics in the month before time zero.

    Groups
    ------
    participants
        Participants who were matched, each in the month of the start.
    comparison_before
        Everybody at risk who did not start, whatever the time since enrolment, in the months in which matched participants started; a month
        weighs as many as started in it. Not the balance table's "before", which has every participant and every person-month at risk, alike.
    comparison_after
        The matched comparison persons, by their weights.
    """
    table = design.cohort.table
    weights = _group_weights(design)
    rows: list[tuple[str, str, str, str, float, str, int]] = []
    woman = table["woman"].to_numpy() == 1
    person = table["person"].to_numpy()
    for group in GROUPS:
        weight = weights[group]
        for sex, inside in (("all", np.ones(len(table), dtype=bool)), ("women", woman), ("men", ~woman)):
            w = np.where(inside, weight, 0.0)
            total, n = w.sum(), len(np.unique(person[w > 0]))
            if not total:
                continue
            if sex == "all":
                rows.append(("sex", "women", group, sex, float(w[woman].sum() / total), "share", n))
                rows.append(("sex", "men", group, sex, float(w[~woman].sum() / total), "share", n))
            for name in MEANS:
                rows.append(
                    (name, "", group, sex, float((w * table[name].to_numpy(dtype=float)).sum() / total), "mean", n)
                )
            for name in SHARES:
                rows.append(
                    (name, "", group, sex, float((w * table[name].to_numpy(dtype=float)).sum() / total), "share", n)
                )
            for name in CATEGORIES:
                values = table[name].astype(str).to_numpy()
                for level in sorted(set(values)):
                    rows.append((name, level, group, sex, float(w[values == level].sum() / total), "share", n))
    length = table["planned_length"].to_numpy(dtype=float)
    inside = (weights["participants"] > 0) & np.isfinite(length)  # a mean of those whose end was agreed
    if inside.any():
        rows.append(
            ("planned_length", "", "participants", "all", float(length[inside].mean()), "mean", int(inside.sum()))
        )
    columns = ["characteristic", "level", "group", "sex", "value", "kind", "n"]
    return pd.DataFrame(rows, columns=columns).assign(status="released")


def balance(design: Design) -> pd.DataFrame:
    """Balance of each covariate (and level), before and after matching."""
    columns = [
        "covariate", "level", "kind", "treated_mean", "control_mean_before", "control_mean_after", "smd_before", "smd_after",
        "variance_ratio_before", "variance_ratio_after", "ks_before", "ks_after",
    ]  # fmt: skip
    table = design.balance().table
    # the matched participants, as in the population table: the mean of all eligible beside it would tell of the few who were not matched; so would
    # a finely printed standardised difference, from which that mean can be solved
    table = table.assign(
        treated_mean=table["treated_mean_after"],
        smd_before=table["smd_before"].round(2),
        smd_after=table["smd_after"].round(2),
    )
    return table[columns].assign(status="released")


def overlap(design: Design) -> pd.DataFrame:
    """Distribution of the logit of the score in each group, in equal bins between the 0.5th and 99.5th percentile of the participants."""
    score = design.matched.units["score"].to_numpy(dtype=float)
    logit = np.log(score) - np.log1p(-score)
    treated = design.cohort.table["treated"].to_numpy() == 1
    low, high = (
        np.floor(10 * np.quantile(logit[treated], 0.005)) / 10,
        np.ceil(10 * np.quantile(logit[treated], 0.995)) / 10,
    )
    edges = np.round(np.linspace(low, high, BINS + 1), 4)
    index = np.clip(np.searchsorted(edges, logit, side="right") - 1, 0, BINS - 1)
    rows = []
    for group, weight in _group_weights(design).items():
        share = np.bincount(index, weights=weight, minlength=BINS) / weight.sum()
        persons = np.unique(
            np.column_stack([index[weight > 0], design.cohort.table["person"].to_numpy()[weight > 0]]), axis=0
        )
        count = np.bincount(persons[:, 0], minlength=BINS)
        rows += [(edges[b], edges[b + 1], group, share[b], int(count[b])) for b in range(BINS)]
    return pd.DataFrame(rows, columns=["bin_low", "bin_high", "group", "share", "n"]).assign(status="released")


def read_protocol(folder: Path) -> pd.DataFrame:
    """The table of the protocol in each language: element, ideal trial, this study, deviation."""
    rows = []
    for language, name in (("sv", "protokoll.md"), ("en", "protocol.md")):
        path = folder / name
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        tables = [
            [cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if line.startswith("|")
        ]
        rows += [[language, *cells] for cells in tables[2:] if len(cells) == 4]  # below the head and its rule
    return pd.DataFrame(rows, columns=["language", "element", "ideal", "study", "deviation"])


def _group_weights(design: Design) -> dict[str, np.ndarray]:
    """Weight of each person-month in each group: matched participants, everyone at risk beside them, and the matched comparison."""
    table, members = design.cohort.table, design.members
    row = table["row"].to_numpy()
    assert (row == np.arange(len(row))).all(), "person-months are numbered in their order"
    participants, after = np.zeros(len(row)), np.zeros(len(row))
    treated = (members["treated"] == 1).to_numpy()
    participants[members.loc[treated, "id"].to_numpy()] = 1.0
    np.add.at(after, members.loc[~treated, "id"].to_numpy(), members.loc[~treated, "weight"].to_numpy(dtype=float))
    # before matching: those at risk in the months in which participants started, weighted to the participants' months
    months = table["month"].to_numpy()
    first = months.min()
    starts = np.bincount(months[participants > 0] - first, minlength=int(months.max() - first) + 1)
    controls = table["treated"].to_numpy() == 0
    at_risk = np.bincount(months[controls] - first, minlength=len(starts))
    before = np.where(controls, (starts / np.maximum(at_risk, 1))[months - first], 0.0)
    return {"participants": participants, "comparison_before": before, "comparison_after": after}
