# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 4 Establishment on the labour market
#
# The same matched sets, now with outcomes: what happened up to four years after the employment ended, compared with similar people
# who did not start one at that time?

# %%
from evaluation.notebooks import open_study

study = open_study()
cohort = study.cohort()
design = study.design(cohort).freeze()
effects = study.effects(design)
effects

# %% [markdown]
# ## The primary result, named beforehand

# %%
effects.primary.to_frame("primary")

# %%
effects.plot();

# %% [markdown]
# ## Both groups, year by year, by definition
#
# Five definitions of establishment, from the plain "employed in November" (E4) to Statistics Sweden's RAKS (E1) and the six-class one (E2). The clock is the
# planned exit.

# %%
columns = ["treated_mean", "control_mean", "estimate", "ci_low", "ci_high", "n_treated"]
years = effects.select(outcome="established", horizon_unit="year", subgroup="all", estimand="not_yet", estimator="matched_difference", clock="exit_planned", ci_kind="pointwise")
years.set_index(["definition", "horizon"])[columns].round(3)

# %% [markdown]
# ## Month by month
#
# During the employment the participants are employed by construction: on the clock from the start, the first months are no result.

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(12, 3.8), layout="constrained", sharey=True)
for ax, clock in zip(axes, ["start", "exit_planned"]):
    months = effects.select(outcome="established", definition="E4_employed", horizon_unit="month", subgroup="all", estimand="not_yet", estimator="matched_difference", clock=clock)
    ax.plot(months["horizon"], 100 * months["treated_mean"], color="#0072B2")
    ax.plot(months["horizon"], 100 * months["control_mean"], color="#D55E00", ls="--")
    ax.set(xlabel=f"months from {clock.replace('_', ', ')}", ylabel="per cent employed", ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
axes[0].text(30, 100 * months["treated_mean"].iloc[-1] + 8, "participants", color="#1a1a1a")
axes[0].text(30, 100 * months["control_mean"].iloc[-1] - 12, "comparison", color="#1a1a1a");

# %% [markdown]
# ## What the matching did
#
# Beside the matched difference stands the unadjusted one: participants against people drawn at random among those at risk in the same month.

# %%
both = effects.select(outcome="established", definition="E4_employed", horizon_unit="year", subgroup="all", clock="exit_planned", estimand="not_yet", ci_kind="pointwise")
both.pivot(index="horizon", columns="estimator", values="estimate").round(3)

# %% [markdown]
# ## Three clocks
#
# The actual exit is shown beside the planned one because earlier reports counted from it; it only describes.

# %%
clocks = effects.select(outcome="established", definition="E2_scb", horizon_unit="year", subgroup="all", estimand="not_yet", estimator="matched_difference", ci_kind="pointwise")
clocks.pivot(index="horizon", columns="clock", values="estimate").round(3)

# %% [markdown]
# ## Three rules for those who begin later
#
# Some of the comparison begin an employment of their own afterwards. *Not yet* leaves them as they are; *never* weighs the others so that they stand for those who
# never begin; *never in follow-up* drops them, which chooses people by what happened later and is biased: it is here so that older reports can be rerun.

# %%
rules = effects.select(outcome="established", definition="E2_scb", horizon_unit="year", subgroup="all", ci_kind="pointwise")
rules.pivot(index=["clock", "horizon"], columns=["estimand", "estimator"], values="estimate").round(3)

# %%
effects.later_by_estimand.pivot(index=["clock", "year"], columns="estimand", values="share").round(3)

# %% [markdown]
# ## Subgroups are one family
#
# With many subgroups some differ by chance. `p_holm` is adjusted for their number; `equal_p` tests whether all effects of a trait may be the same.

# %%
effects.families.set_index(["family", "subgroup"])[["estimate", "std_error", "p", "p_holm", "equal_p"]].round(3)

# %% [markdown]
# ## Before and after
#
# Earnings of the matched groups from three calendar years before the start to four after, against the year before. Before year 0 the groups should move alike.

# %%
follow_up = study.follow_up(design)
earnings = follow_up.event_study("earnings")
earnings.plot();

# %% [markdown]
# ## How long until the first job?
#
# From the planned exit, with death and emigration as competing events.

# %%
follow_up.time_to_employment().plot();

# %% [markdown]
# ## Where people were
#
# Dead, abroad and "no row in the register" are states of their own, never zeros.

# %%
states = effects.states.query("clock == 'exit_planned'").pivot_table(index=["year", "group"], columns="state", values="share", sort=False)
(100 * states).round(1)

# %% [markdown]
# ## As the report draws it
#
# What may leave is in the release folder, and so are the report's figures. Any of them is one call to get, with its claim as title and a description for those who do
# not see it: `from evaluation.report.figures import figure, figures`, then `figures("reports/mine")` for what there is and
# `figure("reports/mine", "love", lang="sv")` for one.
