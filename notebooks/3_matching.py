# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 3 Matching: change it and see what follows
#
# The score is the hazard of starting in a month, given what was known before it. Within month × class of elapsed time × sex, each
# participant gets the five persons at risk whose scores are nearest, if they are near enough. No outcome is read in this notebook: a design is chosen by how
# alike the groups become.

# %%
from evaluation.notebooks import open_study

study = open_study()
cohort = study.cohort()
design = study.design(cohort)
design

# %% [markdown]
# ## Balance
#
# Standardised differences, before and after. There are no p values: balance is a property of these people, not an inference about others.

# %%
design.balance().plot();

# %%
design.balance().table.set_index(["covariate", "level"])[["treated_mean", "control_mean_before", "control_mean_after", "smd_before", "smd_after", "variance_ratio_after", "ks_after"]].round(3)

# %% [markdown]
# ## Overlap

# %%
design.matched.overlap().plot();

# %% [markdown]
# ## The laboratory
#
# Change anything about the matching and see at once what follows, beside the choice before: balance, overlap, who is matched. The score is fitted once for each set of
# covariates, so a change takes a fraction of a second. "Use this" writes the two sections for the study file. (On a page without a running kernel only the
# study file's own choice is shown.)

# %%
from evaluation.laboratory import laboratory

laboratory(study, cohort)

# %% [markdown]
# ## Change the caliper or the exact strata
#
# Any option of the study file's `[matching]` can be changed here. The caliper is in standard deviations of the logit within the exact strata. A
# narrower one gives closer pairs and loses participants; more exact strata leave fewer candidates.

# %%
import pandas as pd

choices = {
    "study file": {},
    "caliper 0.05": {"caliper": 0.05},
    "caliper 0.5": {"caliper": 0.5},
    "no caliper": {"caliper": None},
    "one comparison person": {"ratio": 1},
    "exact on district too": {"exact": ["sex", "district"]},
    "with replacement": {"replace": True},
}


def describe(other):
    return {
        "matched": other.counts["n_treated_matched"],
        "of": other.counts["n_treated_eligible"],
        "comparison persons": other.counts["n_controls_matched"],
        "effective": round(other.counts["ess_controls"]),
        "largest SMD": round(other.gates[0].value, 3),
        "detectable": round(other.mde, 3),
    }


designs = {name: study.design(cohort, **changes) for name, changes in choices.items()}
pd.DataFrame({name: describe(other) for name, other in designs.items()}).T

# %% [markdown]
# Two balance plots side by side say what the caliper does.

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(13, 8), layout="constrained", sharex=True)
for ax, name in zip(axes, ["no caliper", "caliper 0.05"]):
    designs[name].balance().plot(ax=ax)
    ax.set_title(name)

# %% [markdown]
# ## Freeze
#
# When the design is right, freeze it. Its hash says exactly which sets were chosen, and outcomes are read for a frozen design only.

# %%
design.freeze().hash[:16]
