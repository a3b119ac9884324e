"""Every released result to choose among on a page: the choices in words, the rows as whole numbers that are rounded already.

A page's script puts signs and decimals in place and draws; what may be shown, and how it is rounded, is decided here as everywhere else.
"""

from __future__ import annotations

import math
from typing import Any

from evaluation.report import flags
from evaluation.report.content.builder import Builder
from evaluation.report.content.levels import level_name, level_order
from evaluation.report.model import Explorer
from evaluation.report.numbers import MINUS, capital, exact, round_half_up
from evaluation.report.release import Effect

CHOICES = ("outcome", "definition", "subgroup", "clock", "time", "way")
SCALE = {"share": (100, 1), "sek": (1, 0), "months": (1, 1)}  # what a value is multiplied by, and its decimals
Key = tuple[str, str, str, str, str, tuple[str, str]]


def explorer(b: Builder) -> Explorer | None:
    """All effects of a release by what may be chosen; None where no result may be shown."""
    w = b.writer
    series = _series(b)
    if not any(w.case(row).shows_number for rows in series.values() for row in rows):
        return None
    order = {name: _ordered(b, name, {key[i] for key in series}) for i, name in enumerate(CHOICES)}
    hidden = sorted({_status(b, row) for rows in series.values() for row in rows} - {""})
    packed = [
        [*(order[name].index(key[i]) for i, name in enumerate(CHOICES)), rows[0].unit, [_packed(b, row, hidden) for row in rows]]
        for key, rows in sorted(series.items(), key=lambda item: [order[name].index(item[0][i]) for i, name in enumerate(CHOICES)])
    ]  # fmt: skip
    data = {
        "choices": {name: [_label(b, name, value) for value in order[name]] for name in CHOICES},
        "notes": {
            "clock": [_note(w, f"flag.{clock}.note", clock in flags.FLAGGED_CLOCKS, clock) for clock in order["clock"]],
            "way": [_note(w, f"flag.{way[0]}.note", way[0] in flags.FLAGGED_ESTIMANDS) for way in order["way"]],
        },
        "first": [order[name].index(value) for name, value in zip(CHOICES, _first(b, series), strict=True)],
        "times": order["time"],
        "hidden": [w.label("status", status) for status in hidden],
        "marks": [w("sign.suppressed" if status == "suppressed" else "sign.missing") for status in hidden],
        "units": {unit: _unit(b, unit) for unit in sorted({rows[0].unit for rows in series.values()})},
        "signs": {
            "minus": MINUS,
            "point": w.numbers.decimal(0.5, 1)[1],
            "group": w.numbers.decimal(1000)[1],
            "missing": w("sign.missing"),
        },
        "words": _words(b),
        "series": packed,
    }
    choices = tuple((name, w(f"explore.choice.{name}")) for name in CHOICES)
    return Explorer(
        "explore", w("explore.title"), w("explore.text"), w("explore.reading"), w("explore.without"), choices, w("word.download"), data
    )  # fmt: skip


def page_words(b: Builder) -> dict[str, str]:
    """What a page says when its tables are sorted; `{head}` is filled in by the script."""
    w = b.writer
    return {
        "up": w("page.sorted.up", head="{head}"),
        "down": w("page.sorted.down", head="{head}"),
        "own": w("page.sorted.own"),
        "sort": w("page.sort"),
    }


def _series(b: Builder) -> dict[Key, list[Effect]]:
    """Rows by what may be chosen, each in order of time."""
    table = b.release.table("effects")
    ways = table[["horizon_unit", "estimand", "estimator", "subgroup"]].drop_duplicates().itertuples(index=False)
    found: dict[Key, list[Effect]] = {}
    for unit, estimand, estimator, subgroup in ways:
        rows = b.release.effects(horizon_unit=unit, estimand=estimand, estimator=estimator, subgroup=subgroup)
        for row in rows:
            outcome, definition = _outcome(b, row)
            key = (outcome, definition, subgroup, row.clock, unit, (estimand, estimator))
            found.setdefault(key, []).append(row)
    return {key: sorted(rows, key=lambda row: row.horizon) for key, rows in found.items()}


def _outcome(b: Builder, row: Effect) -> tuple[str, str]:
    """Outcome and measure; work by month is an outcome of its own, as in the tables."""
    key = b.writer.words_key(row)
    return (key, "") if key == "established_month" else (row.outcome, row.definition)


def _ordered(b: Builder, name: str, values: set[Any]) -> list[Any]:
    place = b.writer.catalogue.place
    if name == "subgroup":
        traits = sorted((v for v in values if "=" in v), key=lambda v: level_order(b, *v.split("=", 1)))
        return [v for v in ("all",) if v in values] + traits
    if name == "time":
        return sorted(values, reverse=True)  # years before months
    if name == "way":
        return sorted(values, key=lambda v: (place("estimand", v[0]), place("estimator", v[1])))
    return sorted(values, key=lambda v: (v != "", place(name, v)))


def _label(b: Builder, name: str, value: Any) -> str:
    w = b.writer
    if name == "way":
        text = w.label("estimator", value[1])
        if value[0] != b.release.info.primary.estimand:
            text = w("explore.way", estimator=text, estimand=w.label("estimand", value[0]))
    elif name == "time":
        text = w(f"explore.time.{value}")
    elif name == "subgroup":
        text = w("explore.all") if value == "all" else level_name(b, *value.split("=", 1))
    else:
        text = w.label(name, value) if value else ""
    return capital(text)


def _first(b: Builder, series: dict[Key, list[Effect]]) -> Key:
    """Where the choices begin: at the primary result, else at the first that there is."""
    p = b.release.info.primary
    key: Key = (p.outcome, p.definition, "all", p.clock, "year", (p.estimand, p.estimator))
    return key if key in series else next(iter(series))


def _status(b: Builder, row: Effect) -> str:
    """Why a row shows no number; empty where it does."""
    if b.writer.case(row).shows_number:
        return ""
    return row.status if row.status != "released" else "gate_failed"


def _packed(b: Builder, row: Effect, hidden: list[str]) -> list[int | None]:
    """Horizon, and difference, lower and upper limit, both means and n; or horizon and the place of the reason among `hidden`."""
    status = _status(b, row)
    if status:
        return [row.horizon, hidden.index(status)]
    numbers = (row.estimate, row.low, row.high, row.treated, row.treated - row.estimate)
    n = None if math.isnan(row.n_treated) else int(row.n_treated)
    return [row.horizon, *(_whole(x, row.unit) for x in numbers), n]


def _whole(value: float, unit: str) -> int | None:
    """A value rounded as in tables, in units of its last decimal."""
    if math.isnan(value):
        return None
    factor, digits = SCALE[unit]
    return int(round_half_up(factor * exact(value), digits).scaleb(digits))


def _unit(b: Builder, unit: str) -> dict[str, Any]:
    w = b.writer
    words = {"price_year": str(b.release.info.price_year)} if unit == "sek" else {}
    return {
        "digits": SCALE[unit][1],
        "caption": w(f"explore.unit.{unit}", **words),
        "axis": w(f"explore.axis.{unit}"),
    }


def _note(w: Any, key: str, there: bool, clock: str = "") -> str:
    if not there:
        return ""
    return w(key, clock=w.label("clock", clock)) if clock else w(key)


def _words(b: Builder) -> dict[str, str]:
    """Templates that the script fills in: their names in braces stay as they are."""
    w = b.writer
    open_names = {"range": ("low", "high"), "caption": ("chosen",), "chart": ("chosen",), "said": ("n", "chosen"),
                  "hidden": ("n", "why"), "point": ("when", "difference", "interval"), "when.year": ("n",),
                  "when.month": ("n",)}  # fmt: skip
    found = {name: w(f"explore.{name}", **{x: f"{{{x}}}" for x in names}) for name, names in open_names.items()}
    heads = ("participants", "comparison", "difference", "interval")
    found |= {f"head.{name}": w(f"head.{name}") for name in heads}
    found |= {f"head.{name}": w(f"explore.head.{name}") for name in ("when", "n")}
    return found | {"table": w("word.table"), "download": w("word.download")}
