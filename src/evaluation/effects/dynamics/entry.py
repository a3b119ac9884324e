"""The odds of starting for some of the treated: what the pooled estimator weighs by when the effect is asked for them alone.

The pooled weights have two parts that mean different things. The odds at s make the controls look like the treated *that the effect speaks of*; the
product over later months makes up for those who start later, *whoever they are*. Where treated are left out of the effect (they found nobody
comparable, say), the first must not know of their starts, and the second must: so there are two fits, one on the months from which the members
are and without the starts left out, one on all months with all starts. Who is left out may depend on covariates, which changes what they do for the odds;
months after the members' would say otherwise, since nobody is left out there. Each fit is a set of estimating equations of its own, and both are part of
the sandwich.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from evaluation.effects.dynamics.hazard import HazardPanel, undecided_rows
from evaluation.errors import EffectError, Problem
from evaluation.matching.logit import fit_logit, independent_columns, linear_predictor


def entry_panel(panel: HazardPanel, left_out: np.ndarray, first: int, last: int) -> HazardPanel:
    """The panel with its hazard fitted anew, on some months and without the unit-months in which treated who are left out start.

    Parameters
    ----------
    panel
        Of all starts; its rows and terms are shared, not copied.
    left_out
        bool (r,): the rows of starts that the effect does not speak of.
    first, last
        The months that members are from. Rows of others, those left out, and those at a value at which all or none of the others start get the
        hazard that they turned out to have, 0 or 1, which adds nothing to any sum: as controls they weigh nothing, as treated they are outside
        common support.

    Raises
    ------
    EffectError
        Rows that are no starts, or nobody left who starts.
    """
    left_out = np.asarray(left_out)
    if left_out.dtype != bool or left_out.shape != panel.starts.shape:
        given = f"{left_out.dtype}, shape {left_out.shape}"
        raise EffectError(Problem("left_out", given, f"bool, ({panel.starts.size},)", "one value per row of the panel"))
    if int((left_out & ~panel.starts).sum()):
        raise EffectError(Problem("left_out", "holds unit-months without a start", "rows of starts"))
    fitted = (panel.hazard > 0) & (panel.hazard < 1) & (panel.month >= first) & (panel.month <= last) & ~left_out
    fitted = undecided_rows(panel.cells, panel.starts, fitted)
    starts = panel.starts[fitted]
    if not starts.any():
        raise EffectError(Problem("left_out", "every start", "some starts that the effect speaks of"))
    columns = np.ascontiguousarray(panel.x[fitted, 1:].T)
    for column in columns:  # the terms were standardised over all rows
        column -= column.mean()
        spread = float(np.sqrt(np.mean(column**2)))
        if spread > 0:
            column /= spread
    kept = independent_columns(columns)  # a term that no row of these has any more
    if not kept.all():
        columns = np.ascontiguousarray(columns[kept])
    fit = fit_logit(columns, starts.astype(np.float64))
    if not fit.converged:
        raise EffectError(
            Problem("hazard", "the covariates decide who starts", "a likelihood with a maximum", "coarsen or leave out covariates")
        )  # fmt: skip
    hazard = panel.starts.astype(np.float64)
    hazard[fitted] = expit(linear_predictor(columns, fit.coefficients))
    return replace(panel, hazard=hazard, inverse=None)
