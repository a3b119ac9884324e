"""Tables that a release may hold: their columns, which of them a suppressed row leaves empty, and the order of rows.

A table without an entry here has no rule, and what has no rule does not leave.
"""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = ("released", "suppressed", "not_observed", "gate_failed", "not_estimated")
AUDIT = "audit_"
"""Columns whose name begins so are used by the rules and never written."""


@dataclass(frozen=True)
class Table:
    """Shape of one released table.

    Attributes
    ----------
    columns
        In the order in which they are written.
    values
        Numeric columns that are empty unless the row is released.
    sort
        Columns that rows are sorted by; empty for a table whose order has a meaning.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()


def _table(columns: str, values: str = "", sort: str = "") -> Table:
    return Table(tuple(columns.split()), tuple(values.split()), tuple(sort.split()))


_EFFECT_KEY = "outcome definition subgroup clock horizon_unit horizon estimand estimator ci_kind"

TABLES: dict[str, Table] = {
    "effects": _table(
        "outcome definition subgroup clock horizon horizon_unit estimand estimator estimate std_error ci_low ci_high ci_kind"
        " treated_mean control_mean n_treated n_controls ess_controls unit margin role status",
        "estimate std_error ci_low ci_high treated_mean control_mean n_treated n_controls ess_controls",
        _EFFECT_KEY,
    ),
    "flow": _table("group step unit n_in n_removed n_out status", "n_in n_removed n_out"),
    "population": _table(
        "characteristic level group sex value kind n status", "value n", "characteristic level group sex kind"
    ),
    "balance": _table(
        "covariate level kind treated_mean control_mean_before control_mean_after smd_before smd_after variance_ratio_before"
        " variance_ratio_after ks_before ks_after status",
        "treated_mean control_mean_before control_mean_after smd_before smd_after variance_ratio_before variance_ratio_after"
        " ks_before ks_after",
        "covariate level kind",
    ),
    "overlap": _table("bin_low bin_high group share n status", "share n", "group bin_low"),
    "states": _table("clock year group state share n status", "share n", "clock year group state"),
    "later_treated": _table("clock estimand year share n status", "share n", "clock estimand year"),
    "families": _table(
        "family subgroup estimand estimator clock estimate std_error p p_holm equal_statistic equal_freedom equal_p status",
        "estimate std_error p p_holm equal_statistic equal_freedom equal_p",
        "family subgroup estimand estimator clock",
    ),
    "short_long": _table(
        "clock indicator indicator_definition month outcome definition year group level n share_of_group share ci_low ci_high status",
        "n share_of_group share ci_low ci_high",
        "clock month group level",
    ),
    "specification_curve": _table(
        "specification clock definition year method ratio caliper replace primary estimate std_error ci_low ci_high status",
        "estimate std_error ci_low ci_high",
    ),
    "placebo": _table(
        "kind outcome definition clock horizon horizon_unit unit margin estimate std_error ci_low ci_high status",
        "estimate std_error ci_low ci_high",
    ),
    "sensitivity": _table("kind quantity covariate gamma r2_treatment r2_outcome value status", "value"),
    "ledger": _table("register rule rows share action status", "rows share", "register rule action"),
    "registers": _table("register first_year last_year rows persons status", "rows persons", "register"),
    "definitions": _table("table year name value unit source status"),
    "disclosure": _table("object rule cells suppressed note"),
    "protocol": _table("language element ideal study deviation"),
}

NOT_ABOUT_PERSONS = ("definitions", "protocol", "disclosure")
"""Tables that hold no figure about persons; their ``status`` column, if any, has a meaning of its own."""
