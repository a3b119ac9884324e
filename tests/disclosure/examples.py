"""Release tables of made-up persons, computed as a study computes them, for tests of disclosure control."""

from __future__ import annotations

import numpy as np
import pandas as pd

STATES = ("established", "insecure", "weak", "studying", "outside", "dead", "abroad", "no_row")
FAMILIES = {
    "sex": ("women", "men"),
    "education": ("compulsory", "upper_secondary", "post_secondary", "missing"),
    "workplace_type": ("regular", "created"),
}
CLOCKS = ("start", "exit_planned", "exit_actual")
EDUCATION = [0.45, 0.40, 0.14, 0.01]


class Population:
    """Persons with traits, states by clock and year, and earnings; as many comparison persons for each participant as told."""

    def __init__(self, *, treated: int = 300, controls: int = 3, seed: int = 1) -> None:
        rng = np.random.Generator(np.random.Philox(key=seed))
        n = treated * (1 + controls)
        self.treated = np.arange(n) < treated
        self.weight = np.where(self.treated, 1.0, 1.0 / controls)
        # a matched set shares its traits, so that subgroups hold whole sets
        self.traits = {
            "sex": np.tile(rng.choice(FAMILIES["sex"], treated), 1 + controls),
            "education": np.tile(rng.choice(FAMILIES["education"], treated, p=EDUCATION), 1 + controls),
            "workplace_type": np.tile(rng.choice(FAMILIES["workplace_type"], treated, p=[0.8, 0.2]), 1 + controls),
        }
        share = [0.25, 0.2, 0.2, 0.1, 0.22, 0.008, 0.02, 0.002]
        self.state = {(clock, year): rng.choice(STATES, n, p=share) for clock in CLOCKS for year in (1, 2)}
        self.earnings = {key: rng.lognormal(11.5, 0.7, n) for key in self.state}
        self.married = rng.random(n) < 0.3
        self.origin = rng.choice(["sweden", "africa", "asia", "other"], n, p=[0.3, 0.3, 0.39, 0.01])
        self.score = rng.normal(0, 1, n)

    def mean(self, values: np.ndarray, mask: np.ndarray) -> float:
        """Weighted mean over a mask."""
        return float((values * self.weight)[mask].sum() / self.weight[mask].sum())


def effects(people: Population) -> pd.DataFrame:
    """Two annual share outcomes and earnings, by clock and subgroup, and an unadjusted row for everybody."""
    groups = {"all": np.ones(len(people.treated), dtype=bool)}
    groups |= {
        f"{family}={level}": people.traits[family] == level for family, levels in FAMILIES.items() for level in levels
    }
    rows = []
    for (clock, year), state in people.state.items():
        absent = np.isin(state, ["dead", "abroad", "no_row"])
        measures = {
            ("established", "E2_scb", "share"): (state == "established").astype(float),
            ("studying", "", "share"): (state == "studying").astype(float),
            ("earnings", "", "sek"): np.where(absent, np.nan, people.earnings[clock, year]),
        }
        for (outcome, definition, unit), value in measures.items():
            for subgroup, mask in groups.items():
                seen = mask & np.isfinite(value)
                means = [
                    people.mean(value, seen & side) if (seen & side).any() else np.nan
                    for side in (people.treated, ~people.treated)
                ]
                sizes = [int((seen & side).sum()) for side in (people.treated, ~people.treated)]
                for estimator in ("matched_difference", "unadjusted")[: 2 if subgroup == "all" else 1]:
                    rows.append(
                        (outcome, definition, subgroup, clock, year, "year", "not_yet", estimator, means[0] - means[1], 0.03, -0.1, 0.1,
                         "pointwise", *means, *sizes, 0.8 * sizes[1], unit, 0.02, "secondary", "released")
                    )  # fmt: skip
    columns = [
        "outcome",
        "definition",
        "subgroup",
        "clock",
        "horizon",
        "horizon_unit",
        "estimand",
        "estimator",
        "estimate",
        "std_error",
        "ci_low",
        "ci_high",
        "ci_kind",
        "treated_mean",
        "control_mean",
        "n_treated",
        "n_controls",
        "ess_controls",
        "unit",
        "margin",
        "role",
        "status",
    ]
    return pd.DataFrame(rows, columns=columns)


def states(people: Population) -> pd.DataFrame:
    rows = []
    for (clock, year), state in people.state.items():
        for group, side in (("participants", people.treated), ("comparison", ~people.treated)):
            for name in STATES:
                rows.append(
                    (
                        clock,
                        year,
                        group,
                        name,
                        people.mean(state == name, side),
                        int((side & (state == name)).sum()),
                        "released",
                    )
                )
    return pd.DataFrame(rows, columns=["clock", "year", "group", "state", "share", "n", "status"])


def population(people: Population) -> pd.DataFrame:
    rows = []
    for group, side in (("participants", people.treated), ("comparison_after", ~people.treated)):
        for sex in ("all", "women", "men"):
            mask = side & ((people.traits["sex"] == sex) | (sex == "all"))
            n = int(mask.sum())
            rows.append(("age", "", group, sex, 38.5, "mean", n, "released"))
            rows.append(("married", "yes", group, sex, people.mean(people.married, mask), "share", n, "released"))
            for name, values in (("education", people.traits["education"]), ("origin", people.origin)):
                for level in sorted(set(values)):
                    rows.append((name, level, group, sex, people.mean(values == level, mask), "share", n, "released"))
    return pd.DataFrame(rows, columns=["characteristic", "level", "group", "sex", "value", "kind", "n", "status"])


def balance(people: Population) -> pd.DataFrame:
    rows = []
    traits = {("married", "", "binary"): people.married, ("age", "", "number"): 38.5 + people.score}
    for name, values in (("education", people.traits["education"]), ("origin", people.origin)):
        traits |= {(name, level, "category"): values == level for level in sorted(set(values))}
    for (name, level, kind), values in traits.items():
        treated, control = people.mean(values, people.treated), people.mean(values, ~people.treated)
        rows.append((name, level, kind, treated, control, control, 0.1, 0.01, 1.0, 1.0, 0.1, 0.01, "released"))
    columns = [
        "covariate",
        "level",
        "kind",
        "treated_mean",
        "control_mean_before",
        "control_mean_after",
        "smd_before",
        "smd_after",
        "variance_ratio_before",
        "variance_ratio_after",
        "ks_before",
        "ks_after",
        "status",
    ]
    return pd.DataFrame(rows, columns=columns)


def overlap(people: Population) -> pd.DataFrame:
    edges = np.linspace(-4, 4, 17)
    rows = []
    for group, side in (("participants", people.treated), ("comparison_after", ~people.treated)):
        count, _ = np.histogram(people.score[side], edges)
        rows += [
            (a, b, group, c / count.sum(), c, "released") for a, b, c in zip(edges, edges[1:], count, strict=False)
        ]
    return pd.DataFrame(rows, columns=["bin_low", "bin_high", "group", "share", "n", "status"])


def flow(*chains: tuple[str, int, list[int]]) -> pd.DataFrame:
    """Chains of attrition: name, persons at the start, persons removed by each step."""
    rows = []
    for name, start, removed in chains:
        for i, r in enumerate(removed):
            rows.append((name, f"step_{i}", "persons", start, r, start - r, "released"))
            start -= r
    return pd.DataFrame(rows, columns=["group", "step", "unit", "n_in", "n_removed", "n_out", "status"])


def release_tables(people: Population) -> dict[str, pd.DataFrame]:
    """Every kind of table of a release."""
    n = int(people.treated.sum())
    return {
        "effects": effects(people),
        "states": states(people),
        "population": population(people),
        "balance": balance(people),
        "overlap": overlap(people),
        "flow": flow(("employments", n + 64, [40, 0, 3, 21, 0]), ("matching", n + 2, [2])),
        "later_treated": pd.DataFrame(
            [("start", "not_yet", year, k / 900, k, "released") for year, k in ((1, 12), (2, 40), (3, 43), (4, 60))],
            columns=["clock", "estimand", "year", "share", "n", "status"],
        ),
        "ledger": pd.DataFrame(
            [("lisa", "duplicate_person_year", 3, 0.0001, "kept one"), ("ku", "missing_month_marks", 812, 0.02, "all year")],
            columns=["register", "rule", "rows", "share", "action"],
        ),
        "registers": pd.DataFrame([("lisa", 2005, 2016, 90_000, 9_000)], columns=["register", "first_year", "last_year", "rows", "persons"]),
        "definitions": pd.DataFrame(
            [("prices", "2009", "consumer_price_index", "299.66", "1980=100", "SCB", "found"), ("employers", "", "2120000142", "City", "code", "x", "assumed")],
            columns=["table", "year", "name", "value", "unit", "source", "status"],
        ),
        "protocol": pd.DataFrame([("en", "time zero", "a", "b", "c")], columns=["language", "element", "ideal", "study", "deviation"]),
    }  # fmt: skip


RELEASE = {
    "schema": 1,
    "synthetic": True,
    "design": {
        "hash": "ab" * 32,
        "n_treated_all": 364,
        "n_treated_eligible": 302,
        "n_treated_matched": 300,
        "ess_controls": 700.4,
    },
    "software": {"python": "3.11"},
}
