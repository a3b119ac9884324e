"""What the dynamic estimators refuse or warn of: panels that end too early, values that are none, ids and memberships that mislead."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evaluation.effects.dynamics.bootstrap import dynamic_bootstrap
from evaluation.effects.dynamics.estimators import dynamic, dynamic_many, dynamic_matched
from evaluation.effects.dynamics.hazard import HazardPanel, fit_hazard, hazard_panel
from evaluation.effects.dynamics.jointly import dynamic_jointly
from evaluation.effects.weighted import estimate_att
from evaluation.errors import DominantWeightWarning, EffectError, FewClustersWarning
from tests.effects.dynamic_world import HORIZON, MONTHS, WINDOW, World, matched_sets, simulate

pytestmark = pytest.mark.filterwarnings("ignore::evaluation.effects.dynamics.estimators.WeightTotalWarning")
COLUMNS = {"treatment": "starts", "unit": "unit", "month": "month"}


def fit(rows: pd.DataFrame, **options: object) -> HazardPanel:
    return fit_hazard(rows, ["x", "elapsed"], **COLUMNS, **options)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(1_500)


@pytest.fixture(scope="module")
def panel(world) -> HazardPanel:
    return fit(world.rows)


@pytest.fixture(scope="module")
def members(panel) -> pd.DataFrame:
    return panel.at_risk(*WINDOW)


@pytest.fixture(scope="module")
def sets(world, members) -> pd.DataFrame:
    return matched_sets(world, members)


def seen(world: World, rows: pd.DataFrame, horizon: int = HORIZON) -> tuple[np.ndarray, np.ndarray]:
    return world.seen[rows["unit"], rows["month"] + horizon], (rows["month"] + horizon).to_numpy()


# 1. how far the panel holds


@pytest.mark.parametrize("pooled", [True, False])
def test_outcomes_after_the_panel_are_refused_in_every_form(world, panel, members, sets, pooled) -> None:
    last = MONTHS - 1
    assert panel.until == last
    rows, one = (members, dynamic) if pooled else (sets, dynamic_matched)
    y, t = seen(world, rows)
    far = t + (last + 1 - t.max())  # one month too far, for the last members only
    n = int(((far > last) & (rows["treated"] == 0) & ~(rows["own_start"] <= far)).sum())
    calls: list[Callable[[], object]] = [
        lambda: one(rows, y, far, panel=panel),
        lambda: dynamic_many(rows, y[:, None], far[:, None], [0], panel=panel, pooled=pooled),
        lambda: dynamic_jointly(rows, y[:, None], far[:, None], [0], panel=panel, pooled=pooled),
        lambda: dynamic_bootstrap(rows, y, far, panel=panel, pooled=pooled, draws=2),
    ]
    for call in calls:
        with pytest.raises(EffectError, match=rf"(?s){n} outcomes of controls at 1 horizons.*months up to {last}\n"):
            call()
    # where nothing is observed so late, nothing is asked
    cut = np.where(far > last, np.nan, y)
    assert one(rows, cut, far, panel=panel).estimate == one(rows, cut, np.minimum(far, last), panel=panel).estimate


def test_all_horizons_too_far_are_told_at_once(world, panel, sets) -> None:
    y, t = seen(world, sets)
    with pytest.raises(EffectError, match="at 2 horizons"):
        dynamic_many(sets, np.column_stack([y] * 3), np.column_stack([t, t + 40, t + 50]), [0, 1, 2], panel=panel)


@pytest.mark.filterwarnings("ignore::evaluation.errors.DominantWeightWarning")  # few are left in so far a month
def test_a_panel_may_say_that_nobody_starts_later(world, panel, sets) -> None:
    y, t = seen(world, sets)
    longer = fit(world.rows, until=MONTHS + 30)
    far = dynamic_matched(sets, y, t + 30, panel=longer)
    assert far.estimate == dynamic_matched(sets, y, np.full(t.size, MONTHS - 1), panel=panel).estimate
    arrays = (world.rows[name].to_numpy() for name in ("unit", "month", "starts"))
    assert hazard_panel(*arrays, world.rows[["x"]].to_numpy(), until=MONTHS).until == MONTHS
    assert replace(longer, inverse=None).until == MONTHS + 30


def test_months_without_starts_count_although_their_rows_are_left_out(world) -> None:
    rows = world.rows.assign(late=np.where(world.rows["month"] == MONTHS - 1, "yes", "no"))
    rows.loc[rows["month"] == MONTHS - 1, "starts"] = 0
    panel = fit_hazard(rows, ["x", "late"], **COLUMNS)
    assert panel.month.max() == MONTHS - 2
    assert panel.until == MONTHS - 1


def test_a_placebo_asks_nothing_of_the_panel(world, sets) -> None:
    rows = world.rows[world.rows["month"] < WINDOW[1]]
    y, t = seen(world, sets, -3)
    late = sets["month"] >= WINDOW[1]
    assert late.any()
    panel = fit(rows)
    assert np.isfinite(dynamic_matched(sets, y, t, panel=panel).estimate)


@pytest.mark.parametrize(
    ("given", "match"), [(MONTHS - 3, "before the last row"), (np.nan, "missing"), ([30, 31], "shape")]
)
def test_until_must_be_a_month_after_the_rows(world, given, match) -> None:
    with pytest.raises(EffectError, match=match):
        fit(world.rows, until=given)


# 7. ids of any kind


@pytest.mark.parametrize("kind", ["text", "object", "category", "reversed", "number category", "Int64", "float"])
def test_the_kind_of_ids_changes_nothing(world, panel, sets, kind) -> None:
    made: dict[str, Callable[[pd.Series], pd.Series]] = {
        "text": lambda u: "p" + u.astype(str).str.zfill(5),
        "object": lambda u: ("p" + u.astype(str).str.zfill(5)).astype(object),
        "category": lambda u: ("p" + u.astype(str).str.zfill(5)).astype("category"),
        "reversed": lambda u: pd.Series(
            pd.Categorical("p" + u.astype(str).str.zfill(5), [f"p{i:05d}" for i in range(1_500)][::-1])
        ),
        "number category": lambda u: pd.Series(pd.Categorical(u, np.random.default_rng(1).permutation(1_500))),
        "Int64": lambda u: u.astype("Int64"),
        "float": lambda u: u.astype(float),
    }
    change = made[kind]
    other = fit(
        world.rows.assign(unit=change(world.rows["unit"]).to_numpy() if kind == "float" else change(world.rows["unit"]))
    )
    assert (np.diff(other.unit) >= 0).all()
    np.testing.assert_array_equal(other.hazard, panel.hazard)
    y, t = seen(world, sets)
    given = sets.assign(unit=change(sets["unit"])).drop(columns="own_start")
    one, two = dynamic_matched(given, y, t, panel=other), dynamic_matched(sets, y, t, panel=panel)
    assert (one.estimate, one.std_error) == (two.estimate, two.std_error)
    rows = other.at_risk(*WINDOW)
    y, t = seen(world, panel.at_risk(*WINDOW))
    assert dynamic(rows, y, t, panel=other).estimate == dynamic(panel.at_risk(*WINDOW), y, t, panel=panel).estimate


def test_arrays_take_ids_of_any_kind(world) -> None:
    x = world.rows[["x", "elapsed"]].to_numpy(float)
    rest = world.rows["month"].to_numpy(), world.rows["starts"].to_numpy(), x
    plain = hazard_panel(world.rows["unit"].to_numpy(), *rest)
    text = "p" + world.rows["unit"].astype(str).str.zfill(5)
    for ids in (text.to_numpy(object), pd.Categorical(text, sorted(text.unique())[::-1]), text):
        np.testing.assert_array_equal(hazard_panel(ids, *rest).hazard, plain.hazard)


def test_text_does_not_meet_numbers(world, panel, sets) -> None:
    y, t = seen(world, sets)
    with pytest.raises(EffectError, match=r"never at risk \(ids here: text; in the panel: whole numbers\)"):
        dynamic_matched(sets.assign(unit=sets["unit"].astype(str)), y, t, panel=panel)


# 8. months


@pytest.mark.parametrize("shift", [-MONTHS // 2, -1000, 2**50])
def test_months_may_be_counted_from_anywhere(world, panel, shift) -> None:
    moved = fit(world.rows.assign(month=world.rows["month"] + shift))
    one, two = moved.at_risk(), panel.at_risk()
    np.testing.assert_array_equal(one["own_start"] - shift, two["own_start"])
    assert two["own_start"].notna().any()


def test_months_must_be_whole_numbers(world, panel, sets, members) -> None:
    rows, month = world.rows, world.rows["month"].astype(float)
    for given, match in (
        (month.mask(rows.index % 7 == 0), "missing or infinite months"),
        (month.mask(rows.index == 7, np.inf), "1 missing or infinite months"),
        (month + 0.5, "no whole months"),
        (rows["month"] + 2**60, "too large for months"),
        (rows["month"].astype(str), "holds text"),
        (pd.to_datetime("2009-01-01") + pd.to_timedelta(rows["month"], unit="D"), "holds datetime64"),
        (rows["month"].astype("Int64").mask(rows.index == 7), "1 missing or infinite months"),
    ):
        with pytest.raises(EffectError, match=rf'frame\["month"\]: .*{match}'):
            fit(rows.assign(month=given))
    y, t = seen(world, sets)
    with pytest.raises(EffectError, match="no whole months"):
        dynamic_matched(sets.assign(month=sets["month"] + 0.5), y, t, panel=panel)
    for pooled, frame in ((True, members), (False, sets)):
        y, t = seen(world, frame)
        one = dynamic if pooled else dynamic_matched
        for given, match in (
            (np.where(np.arange(t.size) == 3, np.nan, t), "until: 1 missing or infinite"),
            (np.where(np.arange(t.size) == 3, np.inf, t), "until: 1 missing or infinite"),
            (t + 0.9, "until: .* no whole months"),
            (pd.Series(t, dtype="Int64").mask(np.arange(t.size) == 3), "until: 1 missing or infinite"),
            (10, r"until: shape \(\)"),
        ):
            with pytest.raises(EffectError, match=match):
                one(frame, y, given, panel=panel)
            with pytest.raises(EffectError, match=match):
                dynamic_bootstrap(frame, y, given, panel=panel, pooled=pooled, draws=2)
        assert one(frame, y, t.astype(float), panel=panel).estimate == one(frame, y, t, panel=panel).estimate


def test_an_own_start_that_never_comes_may_be_infinite(world, panel, sets) -> None:
    y, t = seen(world, sets)
    plain = dynamic_matched(sets, y, t, panel=panel)
    for given in (sets["own_start"].fillna(np.inf), sets["own_start"].astype("Int64")):
        assert dynamic_matched(sets.assign(own_start=given), y, t, panel=panel).estimate == plain.estimate
    for given, match in ((sets["own_start"] + 0.5, "no whole months"), (sets["own_start"].fillna(-np.inf), "no whole")):
        with pytest.raises(EffectError, match=rf'members\["own_start"\]: .*{match}'):
            dynamic_matched(sets.assign(own_start=given), y, t, panel=panel)


# 3. missing values


def test_missing_values_of_the_panel_are_all_told(world) -> None:
    rows = world.rows.assign(level=np.where(world.rows["x"] == 1, "a", "b"), z=np.arange(len(world.rows)) * 1.0)
    at = rows.index % 7 == 0
    bad = rows.assign(
        starts=rows["starts"].astype(float).mask(at),
        unit=rows["unit"].astype(float).mask(at),
        month=rows["month"].astype(float).mask(at),
        x=rows["x"].astype(float).mask(at),
        z=rows["z"].mask(rows.index == 3, np.inf),
        level=rows["level"].astype("category").mask(at),
        elapsed=rows["elapsed"].astype("Int64").mask(at),
    )
    n = int(at.sum())
    with pytest.raises(EffectError) as told:
        fit_hazard(bad, ["x", "z", "level", "elapsed"], **COLUMNS)
    found = {(p.where, p.given) for p in told.value.problems}
    missing = f"{n} missing values"
    assert found == {
        ('frame["unit"]', missing), ('frame["month"]', f"{n} missing or infinite months"), ('frame["starts"]', missing),
        ('frame["x"]', missing), ('frame["z"]', "1 infinite values"), ('frame["level"]', missing), ('frame["elapsed"]', missing),
    }  # fmt: skip
    for column in ("x", "level", "elapsed"):
        one = rows.assign(**{column: bad[column]})
        with pytest.raises(EffectError, match=rf'frame\["{column}"\]: {n} missing values'):
            fit_hazard(one, ["x", "level", "elapsed"], **COLUMNS)
    for level in (rows["level"].mask(at), rows["level"].astype(object).mask(at, None)):
        with pytest.raises(EffectError, match=r'frame\["level"\]: .* missing'):
            fit_hazard(rows.assign(level=level), ["level"], **COLUMNS)


@pytest.mark.parametrize(
    ("starts", "match"),
    [
        (lambda s: s * 2, "values other than 0 and 1"),
        (lambda s: s.astype(str), "holds text"),
        (lambda s: s.astype("Int64").mask(s.index == 4), "1 missing values"),
        (lambda s: s.astype(object).mask(s.index == 4, None), "1 missing values"),
    ],
)
def test_a_treatment_is_0_or_1(world, starts, match) -> None:
    with pytest.raises(EffectError, match=rf'frame\["starts"\]: .*{match}'):
        fit(world.rows.assign(starts=starts(world.rows["starts"])))


def test_a_treatment_may_be_of_any_type_that_holds_0_and_1(world, panel) -> None:
    for kind in (bool, "boolean", "Int8", float, object, "category"):
        made = fit(world.rows.assign(starts=world.rows["starts"].astype(kind)))
        np.testing.assert_array_equal(made.hazard, panel.hazard)


def test_arrays_of_a_panel_are_checked(world) -> None:
    unit, month, starts = (world.rows[name].to_numpy() for name in ("unit", "month", "starts"))
    x = world.rows[["x", "elapsed"]].to_numpy(float)
    n = unit.size
    with pytest.raises(EffectError, match=r"x\[:, 0\]: 1 missing values and 1 infinite values"):
        hazard_panel(
            unit,
            month,
            starts,
            np.where(
                np.arange(2 * n).reshape(n, 2) == 4, np.nan, np.where(np.arange(2 * n).reshape(n, 2) == 6, np.inf, x)
            ),
        )
    for hazard, wrong in ((np.full(n, 1.5), n), (np.where(np.arange(n) == 3, np.nan, 0.1), 1)):
        with pytest.raises(EffectError, match=f"hazard: {wrong} values missing or outside 0 to 1"):
            hazard_panel(unit, month, starts, x, hazard=hazard)
    with pytest.raises(EffectError) as told:
        hazard_panel(unit, month[:-1], starts[:-1], x[:, 0], hazard=np.ones(3))
    assert [p.where for p in told.value.problems] == ["month", "starts", "hazard", "x"]
    with pytest.raises(EffectError, match="no rows"):
        fit(world.rows.iloc[:0])


# 11. few clusters, weights, truncation, incomplete sets


def test_few_clusters_are_warned_of_and_one_is_refused(world, panel, sets, members) -> None:
    few = sets[sets["set"] < 3].reset_index(drop=True)
    y, t = seen(world, few)
    y[:2] = 0, 1
    with pytest.warns(FewClustersWarning, match="the fewest: 3"):
        dynamic_matched(few, y, t, panel=panel)
    late = sets["own_start"].isna().groupby(sets["set"]).all()
    one = sets[sets["set"] == late[late].index[0]].reset_index(drop=True)
    y, t = seen(world, one)
    with pytest.raises(
        EffectError, match="1 sets, 1 treated and 3 controls with an observed outcome: no standard error"
    ):
        dynamic_matched(one, y, t, panel=panel)
    table = dynamic_many(one, y[:, None], t[:, None], [0], panel=panel).table
    assert table["status"].tolist() == ["too_few_clusters"]
    assert table[["estimate", "std_error", "ci_low", "treated_mean"]].isna().all(axis=None)
    first = members[(members["treated"] == 0) | (members.index == members.index[members["treated"] == 1][0])]
    y, t = seen(world, first)
    with pytest.raises(EffectError, match="members: 1 treated"):
        dynamic(first, y, t, panel=panel)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FewClustersWarning)
        dynamic(members, *seen(world, members), panel=panel)


def test_weights_must_be_positive(world, panel, sets) -> None:
    y, t = seen(world, sets)
    for weight in (-1.0, 0.0, np.inf):
        bad = sets.assign(weight=np.where(sets["set"] < 2, weight, sets["weight"]))
        with pytest.raises(EffectError, match=f"{int((sets['set'] < 2).sum())} weights are not above zero"):
            dynamic_matched(bad, y, t, panel=panel)
    with pytest.raises(EffectError, match="missing values in weight"):
        dynamic_matched(sets.assign(weight=sets["weight"].mask(sets["set"] < 2)), y, t, panel=panel)
    with pytest.raises(EffectError) as told:
        dynamic_matched(sets.assign(weight="1", treated=sets["treated"] * 2, month=0.5), y, t, panel=panel)
    assert [p.where for p in told.value.problems] == ['members["month"]', 'members["treated"]', 'members["weight"]']


@pytest.mark.parametrize("truncate", [0.0, -1.0, 1.0, 2.0, np.nan])
def test_a_quantile_that_is_none_is_refused(world, panel, members, truncate) -> None:
    y, t = seen(world, members)
    for call in (dynamic, dynamic_bootstrap):
        options = {"pooled": True} if call is dynamic_bootstrap else {}
        with pytest.raises(EffectError, match="truncate"):
            call(members, y, t, panel=panel, truncate=truncate, **options)


def test_sets_that_lost_a_side_are_left_out(world, panel, sets) -> None:
    y, t = seen(world, sets)
    number, treated = sets["set"].to_numpy(), sets["treated"].to_numpy() == 1
    lost = np.isin(number, np.unique(number)[::3])
    for gone in (lost & treated, lost & ~treated):
        cut = np.where(gone, np.nan, y)
        one = dynamic_matched(sets, cut, t, panel=panel)
        two = dynamic_matched(sets[~lost].reset_index(drop=True), y[~lost], t[~lost], panel=panel)
        assert one.estimate == pytest.approx(two.estimate, abs=1e-14)
        assert one.std_error == pytest.approx(two.std_error, rel=1e-12)
        assert (one.n_controls, one.weight_total) == (two.n_controls, pytest.approx(two.weight_total))
        at_s = sets["month"].to_numpy()
        same = dynamic_matched(sets, cut, at_s, panel=panel)
        assert same.estimate == pytest.approx(estimate_att(sets, cut).estimate, abs=1e-14)
        drawn = [
            dynamic_bootstrap(a, b, c, panel=panel, draws=3).draws
            for a, b, c in ((sets, cut, t), (sets[~lost], y[~lost], t[~lost]))
        ]
        np.testing.assert_allclose(drawn[0], drawn[1], rtol=1e-10)


# 14. memberships that stand twice


def test_memberships_that_stand_twice_are_refused(world, panel, members, sets) -> None:
    for rows, one in ((members, dynamic), (sets, dynamic_matched)):
        twice = pd.concat([rows, rows.iloc[:40]], ignore_index=True)
        with pytest.raises(EffectError, match="40 rows repeat"):
            one(twice, *seen(world, twice), panel=panel)


# 10. one unit that decides


def test_one_control_with_most_of_the_weight_is_warned_of(world, panel, sets) -> None:
    y, t = seen(world, sets)
    stays = np.flatnonzero((sets["treated"] == 0) & sets["own_start"].isna())[0]
    heavy = sets.assign(weight=np.where(np.arange(len(sets)) == stays, 5_000.0, sets["weight"]))
    with pytest.warns(DominantWeightWarning, match="of the weight of .* controls"):
        dynamic_matched(heavy, y, t, panel=panel)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DominantWeightWarning)
        dynamic_matched(sets, y, t, panel=panel)


# 18. lengths and draws


def test_the_bootstrap_reads_what_fits_only(world, panel, members) -> None:
    y, t = seen(world, members)
    for wrong in (y[:-1], np.append(y, 1.0), y[:, None]):
        with pytest.raises(EffectError, match="one value per row"):
            dynamic_bootstrap(members, wrong, t, panel=panel, pooled=True, draws=2)
    with pytest.raises(EffectError, match="until: shape"):
        dynamic_bootstrap(members, y, t[:-1], panel=panel, pooled=True, draws=2)
    for draws in (1, 0, 2.5, True):
        with pytest.raises(EffectError, match="draws"):
            dynamic_bootstrap(members, y, t, panel=panel, pooled=True, draws=draws)
    with pytest.raises(EffectError, match="not observed in one of the groups"):
        dynamic_bootstrap(members, y * np.nan, t, panel=panel, pooled=True, draws=2)
    # missing values of nullable columns are missing
    assert (
        dynamic(members, pd.Series(y).astype("Int64"), t, panel=panel).estimate
        == dynamic(members, y, t, panel=panel).estimate
    )
