"""Disclosure control of a release: which cells go, for every table, with a record of what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.counts import KnownControls, level_effects, level_registers, level_states, participants
from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rounding import RULE, exact_totals, round_table
from evaluation.disclosure.rules.beside import without_levels
from evaluation.disclosure.rules.effects_and_states import hide_effects_and_states
from evaluation.disclosure.rules.families import follow_effects, hide_families
from evaluation.disclosure.rules.flow import hide_flow
from evaluation.disclosure.rules.robustness import ROBUSTNESS, hide_robustness, print_robustness
from evaluation.disclosure.rules.shares import hide_counts, hide_later, hide_overlap
from evaluation.disclosure.rules.short_long import hide_short_long, level_short_long
from evaluation.disclosure.rules.traits import group_sizes, hide_traits
from evaluation.disclosure.schema import AUDIT, NOT_ABOUT_PERSONS, STATUSES, TABLES
from evaluation.errors import Problem, ReleaseError

LEVELS = ("treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls")
Mask = npt.NDArray[np.bool_]

_RULES = {
    "effects": "least count and margin, with and without the outcome; subgroups against the whole; outcomes that hold one another; one clock against another; one way of calculating against another; degrees of freedom; dominance",
    "flow": "least count removed, hidden steps read as a block",
    "population": "least count and margin, with and without the trait; women and men against all; levels against the group; with the balance table",
    "balance": "least count, with and without the trait; levels against the group; with the population table",
    "overlap": "least count a bin; hidden bins together",
    "states": "least count, in and not in the state; hidden states together; the dead of one year against another; with the effects",
    "later_treated": "least count, treated later and not; year against year, clock against clock, and one rule against another",
    "families": "as the effects they are computed from; no joint test where a subgroup is hidden",
    "short_long": "least count in each of the four cells, which stand or fall together; as the effects whose shares are their margins; one month against another",
    "specification_curve": "no numbers of persons; least count, with and without the outcome; as the effects; one design against another; coarse steps",
    "placebo": "no numbers of persons; least count, with and without the outcome; coarse steps",
    "sensitivity": "as the primary result and the balance they are computed from; few decimals",
    "ledger": "least count",
    "registers": "least count; numbers near one another shown as one",
}


@dataclass(frozen=True, eq=False)
class Protected:
    """Tables that may leave, and the record of what was hidden.

    Attributes
    ----------
    tables
        By name, in the release's columns; ``disclosure`` is among them.
    record
        One row a table: ``object, rule, cells, suppressed, note``. It never says which row was hidden for its own sake and which to protect
        another.
    policy
        The policy applied.
    """

    tables: Mapping[str, pd.DataFrame]
    record: pd.DataFrame
    policy: Policy

    def __str__(self) -> str:
        hidden, rows = int(self.record["suppressed"].sum()), int(self.record["cells"].sum())
        return f"Protected: {len(self.tables)} tables, {hidden} of {rows} rows suppressed, least count {self.policy.min_count}"


def protect(tables: Mapping[str, pd.DataFrame], policy: Policy | None = None) -> Protected:
    """Apply ``policy`` to the tables of a release.

    A suppressed row keeps its labels; its numbers are empty and its status is ``suppressed``, for whatever reason it went.

    Parameters
    ----------
    tables
        Frames by name (see :data:`evaluation.disclosure.schema.TABLES`). Columns that begin with ``audit_`` are used by the rules and never
        leave. Frames are not changed.
    policy
        The packaged defaults unless given.

    Raises
    ------
    ReleaseError
        For a table without a rule, a column that is missing, or an unknown status.
    """
    policy = policy or Policy.model_validate({})
    _check(tables)
    frames = {name: _with_status(name, table) for name, table in tables.items() if name != "disclosure"}
    _results_of_a_failed_design(frames)
    masks = _masks(frames, policy)
    matched, sizes = participants(frames.get("population")), group_sizes(frames.get("population"))
    known = KnownControls.of(frames.get("population"), frames.get("flow"))
    protected: dict[str, pd.DataFrame] = {}
    rows = []
    frames = {
        name: frames[name] for name in sorted(frames, key=lambda name: name in ("families", "short_long", *ROBUSTNESS))
    }  # they follow the effects
    for name, frame in frames.items():
        hidden = masks.get(name, np.zeros(len(frame), dtype=bool))
        totals = exact_totals(name, frame)
        shown = _blank(name, _numbers_on_levels(name, frame, hidden, matched, known, policy), hidden)
        protected[name] = round_table(name, shown, policy, totals=totals, sizes=sizes)
        if name == "effects" and len(frame):
            bare = without_levels(frame, hidden, policy)
            protected[name].loc[bare, list(LEVELS)] = np.nan
        if name == "families":
            protected[name] = follow_effects(protected[name], protected.get("effects"))
        if name == "short_long":
            protected[name] = level_short_long(protected[name], protected.get("effects"), matched, policy)
        if name in ROBUSTNESS:
            protected[name] = print_robustness(name, protected[name], frame, protected.get("effects"), policy)
        if name not in NOT_ABOUT_PERSONS:
            rows.append((f"tables/{name}.csv", _RULES[name], len(frame), int(hidden.sum()), _note(name, frame, policy)))
    rows.append(("figures, report", "made from the protected tables only", 0, 0, ""))
    record = pd.DataFrame(rows, columns=list(TABLES["disclosure"].columns))
    protected["disclosure"] = record
    return Protected(protected, record.copy(), policy)


def _primary(effects: pd.DataFrame | None) -> tuple[str, str] | None:
    """Clock and estimand of the primary result."""
    rows = effects[effects["role"] == "primary"] if effects is not None else pd.DataFrame()
    return None if rows.empty else (str(rows["clock"].iloc[0]), str(rows["estimand"].iloc[0]))


def _masks(frames: Mapping[str, pd.DataFrame], policy: Policy) -> dict[str, Mask]:
    masks: dict[str, Mask] = {}
    compared = group_sizes(frames.get("population")).get(("comparison_after", "all"), np.nan)
    simple: dict[str, Callable[[pd.DataFrame], Mask]] = {
        "flow": lambda t: hide_flow(t, policy),
        "overlap": lambda t: hide_overlap(t, policy),
        "later_treated": lambda t: hide_later(
            t, policy, n_comparison=compared, primary=_primary(frames.get("effects"))
        ),
        "ledger": lambda t: hide_counts(t, ["rows"], policy),
        "registers": lambda t: hide_counts(t, ["rows", "persons"], policy),
    }
    for name, rule in simple.items():
        if name in frames and len(frames[name]):
            masks[name] = rule(frames[name])
    population, balance = hide_traits(frames.get("population"), frames.get("balance"), policy)
    masks["population"], masks["balance"] = population, balance
    masks |= hide_effects_and_states(frames.get("effects"), frames.get("states"), policy)
    if "families" in frames:
        effects = frames.get("effects")
        if effects is not None and "effects" in masks:
            effects = effects.assign(status=np.where(masks["effects"], "suppressed", effects["status"]))
        masks["families"] = hide_families(frames["families"], effects)
    if "short_long" in frames:
        masks["short_long"] = hide_short_long(frames["short_long"], frames.get("effects"), masks.get("effects"), policy)
    masks |= hide_robustness(frames, masks, policy)
    return {name: mask for name, mask in masks.items() if name in frames}


def _results_of_a_failed_design(frames: dict[str, pd.DataFrame]) -> None:
    """Where the effects say that the design failed, every table computed from what happened afterwards says so too."""
    effects = frames.get("effects")
    if effects is None or effects.empty or not (effects["status"] == "gate_failed").all():
        return
    for name in ("states", "later_treated", "families", "short_long", *ROBUSTNESS):
        if name in frames:
            frames[name] = frames[name].assign(status="gate_failed")


def _numbers_on_levels(
    name: str, frame: pd.DataFrame, hidden: Mask, matched: float, known: KnownControls, policy: Policy
) -> pd.DataFrame:
    if name == "states":
        return level_states(frame, matched, policy)
    if name == "registers":
        return level_registers(frame, hidden, policy)
    if name != "effects" or frame.empty:
        return frame
    frame = level_effects(_one_n_for_all(frame), hidden, matched, policy, known=known)
    return frame.assign(
        ess_controls=frame["ess_controls"].astype(float).round()
    )  # decimals would tell how often persons are used


def _one_n_for_all(frame: pd.DataFrame) -> pd.DataFrame:
    """Means that leave out the dead and those abroad print the numbers followed, so that their difference does not count the absent."""
    by = ["subgroup", "clock", "horizon", "horizon_unit", "estimand", "estimator"]
    frame = frame.copy()
    followed = (
        frame[(frame["unit"] == "share") & (frame["status"] == "released")]
        .groupby(by)[["n_treated", "n_controls", "ess_controls"]]
        .max()
    )
    at = frame[by].merge(followed.reset_index(), on=by, how="left")
    money = (frame["unit"] == "sek").to_numpy()
    for column in ("n_treated", "n_controls", "ess_controls"):
        known = at[column].to_numpy(dtype=float)
        own = frame[column].to_numpy(dtype=float)
        frame[column] = np.where(money & np.isfinite(known), known, own)
    return frame


def _blank(name: str, frame: pd.DataFrame, hidden: Mask) -> pd.DataFrame:
    frame = frame.copy()
    if name in NOT_ABOUT_PERSONS:
        return frame[[c for c in TABLES[name].columns]]
    frame["status"] = np.where(hidden, "suppressed", frame["status"].astype(str))
    empty = (frame["status"] != "released").to_numpy()
    for column in TABLES[name].values:
        frame[column] = frame[column].astype("float64").mask(empty)
    return frame[[c for c in TABLES[name].columns]]


def _note(name: str, frame: pd.DataFrame, policy: Policy) -> str:
    notes = [f"least count {policy.min_count}"]
    if policy.rounding:
        notes.append(f"counts rounded to {policy.rounding}; {RULE}")
    if name in ("effects", "states"):
        notes.append("numbers of persons nearer one another than the least count are shown as one, with coarser means")
    if name == "effects":
        notes.append("no means and numbers in rows about other participants than the main ones, where they would tell")
    if name == "effects" and (frame["unit"] == "sek").any():
        checked = "audit_magnitude_safe" in frame
        notes.append("dominance checked" if checked else "dominance not checked: no contributions were given")
        notes.append("means of earnings show the number followed; those absent are not counted apart")
    return "; ".join(notes)


def _with_status(name: str, table: pd.DataFrame) -> pd.DataFrame:
    table = table.reset_index(drop=True)
    return table if "status" in table or "status" not in TABLES[name].columns else table.assign(status="released")


def _check(tables: Mapping[str, pd.DataFrame]) -> None:
    problems = []
    for name, table in tables.items():
        if name not in TABLES:
            problems.append(
                Problem(
                    f"release table {name}",
                    "no rule of disclosure control",
                    ", ".join(TABLES),
                    "add a rule before it is released",
                )
            )
            continue
        wanted = [c for c in TABLES[name].columns if c != "status" or name not in ("ledger", "registers")]
        if missing := [c for c in wanted if c not in table]:
            problems.append(
                Problem(f"release table {name}", f"no column {', '.join(missing)}", ", ".join(TABLES[name].columns))
            )
        unknown = [c for c in table if c not in TABLES[name].columns and not str(c).startswith(AUDIT)]
        if unknown:
            problems.append(
                Problem(
                    f"release table {name}",
                    f"unknown column {', '.join(map(str, unknown))}",
                    ", ".join(TABLES[name].columns),
                )
            )
        if name not in NOT_ABOUT_PERSONS and "status" in table and (bad := set(table["status"]) - set(STATUSES)):
            problems.append(
                Problem(f"release table {name}", f"status {', '.join(sorted(map(str, bad)))}", ", ".join(STATUSES))
            )
    if problems:
        raise ReleaseError(problems)
