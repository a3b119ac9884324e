# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 5 Would it hold?
#
# The primary result under doubt: something that was not measured, another way to do the analysis, and a year in which nothing can have happened.

# %%
from evaluation.notebooks import open_study

study = open_study()
cohort = study.cohort()
design = study.design(cohort).freeze()
effects = study.effects(design)
follow_up = study.follow_up(design)
effects

# %% [markdown]
# ## A year before it all
#
# Four calendar years before the start neither group had had an employment, and no covariate reaches so far back. A difference there would tell of something that the
# matching did not see. That none is found does not prove that there is none: read the interval.

# %%
follow_up.placebo()

# %% [markdown]
# ## How strong would something unmeasured have to be?
#
# The E-value: how strongly an unmeasured trait would have to go with both participation and outcome (as risk ratios) to explain the difference away.

# %%
follow_up.evalue()

# %% [markdown]
# Rosenbaum's bounds: Γ is how many times likelier one of two people who look alike may have been to get the employment.

# %%
bounds = follow_up.rosenbaum_bounds()
bounds.plot();

# %% [markdown]
# Partial R² (Cinelli & Hazlett 2020): how much of the variation in participation and outcome a confounder would have to explain, beside covariates that were measured.

# %%
sensitivity = follow_up.partial_r2()
sensitivity.plot();

# %% [markdown]
# ## Other ways to do it
#
# Every combination of a few reasonable choices. Designs that fail a gate are not read. These are variants of the frozen design: the journal counts them apart, and the
# primary result stays the one that was named beforehand.

# %%
grid = {
    "caliper": [0.2, 0.1, 0.4],
    "ratio": [5, 1],
    "clock": ["exit_planned", "start"],
    "definition": ["E2_scb", "E1_raks", "E4_employed"],
}
curve = study.specification_curve(design, grid, draws=100)
curve.plot();

# %%
curve
