# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 2 The cohort and its clocks
#
# Who is compared with whom, and when? A person enrolled at Jobbtorg can start a fixed-term employment in any month. In each month there
# is a **risk set**: everybody enrolled on its first day (or enrolling in it) who has not begun an employment. Some start in that month; the others are
# candidates for comparison, also those who start one later. Nobody is asked to stay enrolled *through* the month: that would make the
# comparison persons immortal for a month, and the first year's effect two points too high.

# %%
from evaluation.notebooks import open_study

study = open_study()
cohort = study.cohort()
cohort

# %% [markdown]
# ## From rows delivered to persons studied
#
# Attrition starts at the first delivered row, and every step adds up.

# %%
cohort.attrition

# %%
cohort.flow().plot();

# %% [markdown]
# ## Covariates, strictly before the month
#
# Each row of `cohort.table` is a person-month at risk. Everything in it was known before the first day of that month: income of earlier calendar
# years, months of social assistance in the 12 and 24 months before, the step last registered. Alter the future, and no covariate moves.

# %%
import pandas as pd

table = cohort.table
numbers = [c.name for c in cohort.covariates if c.kind != "category"]
means = table.groupby("treated")[numbers].mean().T.rename(columns={0: "at risk, did not start", 1: "started"})
means.round(2)

# %% [markdown]
# ## When do employments start?

# %%
starts = table[table["treated"] == 1].groupby("elapsed_class").size()
at_risk = table.groupby("elapsed_class").size()
labels = ["0–2", "3–5", "6–11", "12–23", "24+"]
pd.DataFrame({"person-months at risk": at_risk, "starts": starts, "starts per 1,000": (1000 * starts / at_risk).round(1)}).set_axis(labels[: len(at_risk)])

# %% [markdown]
# ## The three clocks
#
# Follow-up can count from the **start**, from the **planned exit** (agreed at the start) or from the **actual exit** (the last month worked). A person
# in the comparison group has no exit of its own and inherits that of its participant. The actual exit is an outcome of the employment (people leave
# early *into* jobs), so that clock only describes; the planned exit is the one for inference.

# %%
treated = table[table["treated"] == 1]
lengths = pd.DataFrame({"planned": treated["planned_exit"] - treated["month"] + 1, "actual": treated["actual_exit"] - treated["month"] + 1})
lengths.apply(lambda column: column.value_counts().sort_index()).fillna(0).astype(int).rename_axis("months")

# %%
ax = lengths.plot.hist(bins=range(1, 21), alpha=0.6, color=["#0072B2", "#D55E00"], figsize=(7, 3.2))
ax.set(xlabel="length of the employment, months", ylabel="participants", title="Planned and actual length")
ax.spines[["top", "right"]].set_visible(False)
