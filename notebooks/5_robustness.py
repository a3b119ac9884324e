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
effects

# %% [markdown]
# The section `[robustness]` of the study file says which checks a run makes. They go into the release and the report; here they can be looked at one by one.

# %%
checks = study.robustness(design)
print(checks)

# %% [markdown]
# ## A year before it all
#
# Four calendar years before the start neither group had had an employment, and no covariate reaches so far back. A difference there would tell of something that the
# matching did not see. That none is found does not prove that there is none: read the interval.

# %%
checks.placebos

# %% [markdown]
# ## How strong would something unmeasured have to be?
#
# The E-value: how strongly an unmeasured trait would have to go with both participation and outcome (as risk ratios) to explain the difference away.

# %%
checks.evalue

# %% [markdown]
# Rosenbaum's bounds: Γ is how many times likelier one of two people who look alike may have been to get the employment.

# %%
checks.rosenbaum.plot();

# %% [markdown]
# Partial R² (Cinelli & Hazlett 2020): how much of the variation in participation and outcome a confounder would have to explain, beside covariates that were measured.

# %%
checks.partial_r2.plot();

# %% [markdown]
# ## Other ways to do it
#
# Every combination of a few reasonable choices. Designs that fail a gate are not read. These are variants of the frozen design: the journal counts them apart, and the
# primary result stays the one that was named beforehand.

# %%
checks.plot();

# %% [markdown]
# ## Your own grid
#
# Any option of the matching, and any clock, definition or year, can be tried in a notebook. With `draws`, treatment is permuted within the sets: would so many
# ways with the same sign be a surprise if the employment did nothing?

# %%
curve = study.specification_curve(design, {"caliper": [0.2, 0.4], "clock": ["exit_planned", "start"]}, draws=100)
curve
