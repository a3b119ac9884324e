import io

import numpy as np
import pytest
from scipy.stats import kstest

from evaluation.effects import estimate_att
from evaluation.errors import EffectError, EvaluationError, Problem
from evaluation.matching import match
from evaluation.robustness import (
    MatchedRunner,
    Reading,
    joint_curve_test,
    matched_runner,
    specification_curve,
    specifications,
)

from .worlds import units

GRID = {"covariates": ["long", "short"], "caliper": [0.2, None], "ratio": [1, 2], "outcome": ["y", "b"]}


def runner(frame, **options):
    return matched_runner(
        frame,
        outcomes={"y": "y", "b": frame["b"].to_numpy()},
        options={"treatment": "d", "id": "id", **options},
        named={"covariates": {"long": ["x", "z"], "short": ["x"]}},
    )


def test_products_and_single_changes():
    specs, base = specifications(GRID)
    assert len(specs) == 16
    assert base == {"covariates": "long", "caliper": 0.2, "ratio": 1, "outcome": "y"}
    specs, base = specifications(GRID, reference={"ratio": 2}, combine="each")
    assert len(specs) == 5
    assert all(sum(spec[name] != base[name] for name in base) <= 1 for spec in specs)
    specs, base = specifications([{"a": 1, "b": "p"}, {"b": "q", "a": 1}], reference={"b": "r"})
    assert [spec["b"] for spec in specs] == ["r", "p", "q"]
    assert len(specifications({"a": [1, True, 1.0, 1]})[0]) == 3


@pytest.mark.parametrize(
    "grid",
    [{}, {"a": []}, {"a": "short"}, {"a": [["x"]]}, [], [{"a": 1}, {"b": 1}], {"estimate": [1]}, {"status": [1, 2]}],
)
def test_refuses_grids_that_make_no_sense(grid):
    with pytest.raises(EffectError):
        specification_curve(lambda spec: (0.0, 1.0), grid)


def test_every_row_is_the_estimate_of_its_choices():
    frame = units(effect=0.5)
    run = runner(frame)
    curve = specification_curve(run, GRID, margin=0.1)
    assert run.matches == 8  # outcomes share their matched samples
    assert curve.table["estimate"].is_monotonic_increasing
    assert list(curve.table.columns[:5]) == ["rank", *GRID]
    row = curve.table[
        (curve.table["covariates"] == "short") & (curve.table["ratio"] == 2) & curve.table["caliper"].isna()
    ]
    row = row[row["outcome"] == "b"].iloc[0]
    own = estimate_att(match(frame, treatment="d", covariates=["x"], id="id", ratio=2), "b")
    assert (row["estimate"], row["std_error"]) == (own.estimate, own.std_error)
    assert curve.reference["outcome"] == "y"


def test_shares_count_signs_intervals_and_the_margin():
    values = {"a": (0.10, 0.01), "b": (0.03, 0.01), "c": (0.01, 0.01), "d": (-0.05, 0.01)}
    curve = specification_curve(lambda spec: values[str(spec["way"])], {"way": list(values)}, margin=0.02)
    s = curve.shares
    assert (s["same_sign"], s["significant"], s["opposite"]) == (0.75, 0.5, 0.25)
    assert (s["over_margin"], s["surely_over_margin"]) == (0.5, 0.25)
    assert s["median"] == pytest.approx(0.02)
    flipped = specification_curve(lambda spec: (-values[str(spec["way"])][0], 0.01), {"way": list(values)}, margin=0.02)
    assert flipped.sign == -1
    assert {k: v for k, v in flipped.shares.items() if k not in ("median", "low", "high")} == {
        k: v for k, v in s.items() if k not in ("median", "low", "high")
    }
    assert curve.by_choice()["n"].tolist() == [1, 1, 1, 1]


def test_what_cannot_be_estimated_is_told_and_kept():
    def run(spec):
        if spec["way"] == "bad":
            raise EffectError(Problem("here", "no overlap"))
        return (np.nan, 1.0) if spec["way"] == "empty" else (0.2, 0.1)

    curve = specification_curve(run, {"way": ["good", "bad", "empty"]})
    assert curve.table["status"].tolist() == ["estimated", "not_estimated", "not_estimated"]
    assert set(curve.table["reason"]) == {"", "here: no overlap", "no finite estimate"}
    assert curve.shares["n_estimated"] == 1
    assert "1 of 3" in str(curve)
    with pytest.raises(EvaluationError, match="none of 2"):
        specification_curve(run, {"way": ["bad", "empty"]})


def test_a_design_that_cannot_be_made_is_tried_once():
    tried = []

    def build(choices):
        tried.append(choices)
        raise EffectError(Problem("design", "nobody"))

    run = MatchedRunner(build, lambda matched, rest: np.zeros(1), design_choices=["caliper"])
    with pytest.raises(EffectError, match="nobody"):
        specification_curve(run, {"caliper": [0.1], "outcome": ["a", "b", "c"]})
    assert len(tried) == 1


def test_permutations_within_sets_are_uniform_and_the_same_in_all_specifications():
    frame = units(120, treated_share=0.3)
    run = runner(frame)
    specs, _ = specifications({"covariates": ["long"], "caliper": [None], "ratio": [2], "outcome": ["y", "b"]})
    matched = match(frame, treatment="d", covariates=["x", "z"], id="id", ratio=2)
    draws = 1500
    estimate, error = run.permuted(specs, seed=3, draws=draws)
    assert estimate.shape == error.shape == (draws, 2)
    # expectation 0 and, within sets of k + 1, variance of the randomisation
    y = frame["y"].to_numpy()[matched.members["position"]]
    sets, n = matched.members["set"].to_numpy(), matched.n_sets
    expected = 0.0
    for s in range(n):
        values = y[sets == s]
        k = values.size - 1
        expected += np.var(values) * ((k + 1) / k) ** 2 / n**2
    assert estimate[:, 0].mean() == pytest.approx(0, abs=4 * np.sqrt(expected / draws))
    assert estimate[:, 0].var() == pytest.approx(expected, rel=0.15)
    again = run.permuted(specs[:1], seed=3, draws=draws)[0][:, 0]
    assert np.array_equal(again, estimate[:, 0])
    assert not np.array_equal(run.permuted(specs[:1], seed=4, draws=draws)[0][:, 0], again)
    # b is y cut: they must move together, as they do in the data
    assert np.corrcoef(estimate.T)[0, 1] > 0.5


def test_the_joint_test_is_uniform_without_an_effect():
    found = []
    for seed in range(60):
        run = runner(units(160, seed=100 + seed), covariates=["x", "z"])
        curve = specification_curve(run, {"ratio": [1, 2], "outcome": ["y", "b"]}, draws=39)
        found.append([curve.joint.p(name) for name in ("median", "significant", "stouffer")])
    p = np.array(found)
    # p values lie on a grid of 1/40: half a step is allowed for
    assert kstest(p[:, 0] - 0.0125, "uniform").pvalue > 0.01
    assert kstest(p[:, 2] - 0.0125, "uniform").pvalue > 0.01
    assert (p[:, 1] <= 0.1).mean() < 0.25


def test_the_joint_test_finds_an_effect_and_leaves_out_what_cannot_be_permuted():
    frame = units(effect=1.0)
    run = matched_runner(frame, outcomes={"y": "y"}, options={"treatment": "d", "id": "id", "covariates": ["x", "z"]})
    curve = specification_curve(run, {"method": ["nearest", "full", "ipw"]}, draws=99)
    assert curve.joint.p() == 0.01
    assert (curve.joint.n_specifications, curve.joint.n_left_out) == (2, 1)
    with pytest.raises(EffectError, match="statistic"):
        curve.joint.p("mean")
    assert "Joint test of 2 specifications" in str(curve)


def test_joint_statistics_by_hand():
    permuted = np.array([[0.1, 0.2, 0.3], [-0.5, -0.4, -0.6], [0.0, 0.1, -0.1]])
    made = joint_curve_test(np.array([0.4, 0.3, 0.5]), np.full(3, 0.1), permuted, np.full((3, 3), 0.1))
    assert made.table["observed"].tolist() == pytest.approx([0.4, 3, 4.0])
    assert made.table["p"].tolist() == [0.5, 0.5, 0.5]  # the second is as extreme, the other way
    with pytest.raises(EffectError, match="shapes"):
        joint_curve_test(np.zeros(3), np.ones(3), permuted[:, :2], np.ones((3, 2)))
    with pytest.raises(EffectError, match="draws"):
        specification_curve(lambda spec: (0.0, 1.0), {"a": [1]}, draws=10)


def test_readings_may_bring_their_own_members_and_estimates():
    frame = units()

    def read(matched, rest):
        if rest["rule"] == "own":
            return Reading(matched.members, np.zeros(len(matched.members)), estimate=(0.5, 0.25))
        y = frame["y"].to_numpy()[matched.members["position"]]
        return Reading(matched.members, y)

    run = MatchedRunner(
        lambda choices: match(frame, treatment="d", covariates=["x"], id="id", **choices),
        read,
        design_choices=["ratio"],
    )
    curve = specification_curve(run, {"ratio": [1, 2], "rule": ["plain", "own"]}, draws=19)
    assert (curve.table.loc[curve.table["rule"] == "own", "estimate"] == 0.5).all()
    assert curve.joint.n_left_out == 2


def test_unknown_outcomes_and_shapes_are_told():
    frame = units()
    with pytest.raises(EffectError, match="no column"):
        matched_runner(frame, outcomes={"a": "nothing"}, options={"treatment": "d"})
    with pytest.raises(EffectError, match="shape"):
        matched_runner(frame, outcomes={"a": np.zeros(3)}, options={"treatment": "d"})
    with pytest.raises(EffectError, match="outcome 'c'"):
        specification_curve(runner(frame, covariates=["x"]), {"outcome": ["c"]})


def test_the_figure_says_what_the_table_does_and_is_the_same_every_time():
    import matplotlib as mpl

    curve = specification_curve(runner(units(effect=0.5)), GRID, margin=0.1, draws=19)
    files = []
    for _ in range(2):
        with mpl.rc_context({"svg.hashsalt": "test"}):
            figure = curve.plot()
            buffer = io.BytesIO()
            figure.savefig(buffer, format="svg", metadata={"Date": None})
            files.append(buffer.getvalue())
    assert files[0] == files[1]
    above, below = figure.axes
    assert f"decided beforehand: {curve.reference['estimate']:.3g}" in [t.get_text() for t in above.texts]
    labels = [t.get_text() for t in below.get_yticklabels()]
    assert labels[:2] == ["covariates: long", "covariates: short"]
    assert "caliper: none" in labels
    assert len(labels) == 8
    text = curve.alt_text()
    assert text.startswith("Chart of 16 ways of calculating")
    assert f"p = {curve.joint.p():.3g}" in text
