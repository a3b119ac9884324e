# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # 1 Registers and their flaws
#
# A delivery is a folder of tables: income and background by year (LISA), employers' statements (KU), unemployment (Arbetsförmedlingen),
# social assistance, unemployment insurance, migration, deaths, and the City's own extract. Each authority spells its keys and columns in its own
# way, pads its codes, and delivers flaws. The registers room knows one **contract** for each register, opens whatever spelling it finds, and
# writes down what is wrong and what is done about it: the **flaw ledger**.
#
# Only counts and means are shown here, but no disclosure control has seen them. Executed on real registers, a notebook stays in the protected folder; what
# may leave is in the release folder.

# %%
from evaluation.notebooks import open_study

study = open_study()
registers = study.registers
registers

# %% [markdown]
# ## What was delivered
#
# Rows and persons by register, after the keys were read. LISA has one row for each person who was alive and registered in Sweden on
# 31 December: a missing row means dead, abroad or a flaw, never "no income".

# %%
from evaluation.registers import summary

summary(registers).set_index("register")

# %% [markdown]
# ## A canonical table
#
# `registers.table(name)` is an expression that the database engine runs when it is asked to: typed columns with English names, whole SEK, missing
# as missing. Here only its columns and a few counts by year are shown.

# %%
lisa = registers.table("lisa")
lisa.schema()

# %%
from ibis import _

employed = (
    lisa.filter(_.birth_year.between(1955, 1985))
    .group_by("year")
    .aggregate(persons=_.count(), employed_in_november=(_.employed_code == 1).mean(), mean_earnings=_.earnings.mean())
    .order_by("year")
    .to_pandas()
    .round(3)
    .set_index("year")
)
employed

# %% [markdown]
# The downturn of 2009–2010 is visible in the share employed in November. These are people who meet Jobbtorg at some time, so the level is far
# below that of the City as a whole.

# %%
ax = (100 * employed["employed_in_november"]).plot(marker="o", color="#0072B2", ylim=(0, None), figsize=(7, 3.2))
ax.set(ylabel="per cent", xlabel="", title="Employed in November, born 1955–1985")
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# ## The flaw ledger
#
# One line a rule: where, how many rows, what is done. The same expression that counts the rows cleans them, so that the ledger and the
# cleaning cannot disagree.

# %%
ledger = study.ledger()
ledger

# %%
ledger.table.query("rows > 0").sort_values(["rows", "register", "rule"], ascending=[False, True, True]).head(12).reset_index(drop=True)

# %% [markdown]
# Flaws in the City's extract matter most, since they move people in and out of the study: an enrolment that was never closed keeps a person at
# risk for years, and an employment without an enrolment can't be placed in a risk set. The next notebook follows them into the cohort.
