"""The sections of a scenario as the simulation reads them: one named tuple each (the compiled rules get it as a record), one comment a parameter.

"Log odds" means an addition to the logit of a monthly probability. Lists are in the order their comment gives.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


class Population(NamedTuple):
    """Who the people are."""

    woman: float  # share of women
    origin: Numbers  # shares of FodGrEg4 codes 0..7
    age: Numbers  # shares of the ages 17-24, 25-39, 40-54, 55-62 in January 2010
    years_in_sweden: float  # mean years since immigration in January 2010 among the foreign-born, exponential
    arrivals_after_2010: float  # years after January 2010 in which the last immigrants arrive
    education: Numbers  # shares of Sun2000niva_old 1..7 where known
    education_missing: Numbers  # share missing among born in Sweden, foreign-born
    education_ability: float  # standard deviations of ability that education is worth, from lowest to highest level
    married: Numbers  # log odds of being married: base, foreign-born, per 10 years of age over 40
    partner_unmarried: float  # share of the unmarried who live with a partner
    children: Numbers  # mean number: living alone as man, as woman, with a partner
    districts: Numbers  # shares of districts 1..14


class Macro(NamedTuple):
    """The economy, by year 2005..2016 (joined by straight lines between the middles of the years)."""

    finding: Numbers  # log odds of finding a job
    loss: Numbers  # log odds of losing one
    wage_growth: Numbers  # growth of wages into the year


class Labour(NamedTuple):
    """Finding, keeping and losing ordinary jobs."""

    finding: float  # log odds a month for the reference person who has just lost a job
    ability: float  # log odds per standard deviation
    motivation: float
    health: float
    education: Numbers  # compulsory, upper secondary, post-secondary, missing
    foreign: float
    newcomer: float  # fewer than 4 years in Sweden
    woman: float
    small_child: float  # woman with a child under 4
    over_55: float
    under_21: float
    out_of_work: Numbers  # months since the last ordinary job: 0-2, 3-5, 6-11, 12-23, 24+
    season: float  # log odds in May-August
    at_jobbtorg: Numbers  # months since enrolment: 0-2, 3-5, 6-11, 12-23, 24+
    insured: float  # while unemployment insurance is paid
    studying: float  # in studies other than SFI
    sfi: float
    kinds: Numbers  # shares of new jobs: permanent, temporary, hourly
    supported: float  # share of new jobs that are supported where health is below -1
    business: float  # share of new jobs that are own business
    separation: Numbers  # monthly probability: permanent, temporary, hourly, supported, business
    separation_ability: float  # log odds per standard deviation of ability
    conversion: Numbers  # monthly probability: temporary to permanent, hourly to temporary
    full_time: Numbers  # share full time: permanent, temporary
    part_time: float  # hours of the others as a share of full time
    hourly: Numbers  # lowest and highest share of full time in a month of hourly work
    wage: float  # SEK a month, full time, 2009
    wage_ability: float  # log points per standard deviation of ability
    wage_education: Numbers  # log points: compulsory, upper secondary, post-secondary, missing
    wage_spread: float  # standard deviation of log wages between jobs
    registered: Numbers  # share still registered at Arbetsformedlingen: part-time job, hourly job, full-time job (new-start job)
    initially_employed: float  # log odds of a job in January 2005


class Life(NamedTuple):
    """Death, migration, sickness, studies: none of them depends on the employment."""

    death: float  # monthly probability at age 40, men
    death_doubling: float  # years of age in which it doubles
    emigration: Numbers  # monthly probability: born in Sweden, foreign-born
    returning: float  # monthly probability of moving back
    sickness: float  # log odds of falling ill a month
    sickness_health: float  # log odds per standard deviation
    sickness_age: float  # log odds per 10 years over 40
    recovery: float  # monthly probability
    disability: float  # monthly probability after 12 months of sickness where health is below average
    sfi: float  # monthly probability of starting SFI, newcomers without work
    adult: float  # monthly probability of starting komvux in January and August, without work, under 45
    university: float  # the same for university, at least upper secondary education, under 35
    months: Numbers  # mean length: SFI, komvux, university


class Support(NamedTuple):
    """Benefits and registration."""

    member: float  # share insured against unemployment with income-related benefit
    basic_claimed: float  # share of the others who claim the basic amount
    insurance: Numbers  # share of the wage replaced, highest SEK a month, basic SEK a month, months paid
    work_condition: float  # months of work in 12 that qualify
    registration: Numbers  # monthly probability of registering: on job loss, later, while at Jobbtorg
    contact_lost: float  # monthly probability of losing the registration outside Jobbtorg
    programme: Numbers  # months registered before the job guarantee: under 25, others
    employment_phase: Numbers  # months in the guarantee before its employment phase, monthly probability then
    practice: Numbers  # monthly probability of a work practice, its months
    activity: float  # SEK a month of activity support
    student: float  # SEK a month of student support
    sickness: float  # SEK a month of sickness benefit without a job
    disability: float  # SEK a month
    norm: Numbers  # needs as multiples of the norm of a single adult: single, couple, each child, housing
    net: float  # share of earnings that counts after tax
    claiming: float  # monthly probability of taking up social assistance when entitled
    giving_up: float  # monthly probability of ceasing to claim
    never: float  # share that never claims
    partner_works: Numbers  # share of partners with work in a year, log odds per standard deviation of own ability
    partner_pay: float  # SEK a month, 2009


class Jobbtorg(NamedTuple):
    """Enrolment, assessment and leaving, January 2008 onwards."""

    referral: Numbers  # monthly probability: on social assistance, not on it, not on it and under 25
    opening: Numbers  # the same multiplied in the months of 2008: first and last month, joined by a straight line
    sick: float  # multiplied while sick
    leaving: Numbers  # monthly probability: employment service (in its programme), dropping out, back to the district
    early_drop: float  # dropping out multiplied in months 0-2
    long_sick: float  # monthly probability of leaving after 3 months of sickness
    step: Numbers  # step = constant + ability, motivation, health, months worked in 12, months since enrolment / 12
    step_noise: float  # standard deviation of the caseworker's assessment


class Start(NamedTuple):
    """Monthly log odds of starting a fixed-term employment, given what was visible before the month."""

    years: Numbers  # first and last calendar year in which employments start
    base: float
    elapsed: Numbers  # months since enrolment: 0-2, 3-5, 6-11, 12-23, 24+
    quarter: Numbers  # calendar quarters 1..4
    year: Numbers  # 2009..2014
    woman: float
    age: float  # per 10 years over 35
    foreign: float
    education: Numbers  # compulsory, upper secondary, post-secondary, missing
    married: float
    children: float  # per child
    log_earnings: float  # log(1 + earnings of the year before / 10 000), 2016 prices
    zero_earnings: float
    assistance: float  # per month with social assistance in 12
    step: Numbers  # latest registered step: none, 1..5
    sick_days: float  # per 100 days in the year before
    district: Numbers  # 1..14
    motivation: float  # latent: 0 wherever selection is on what is visible
    again: float  # after an earlier fixed-term employment


class Employment(NamedTuple):
    """The fixed-term employment and what it does."""

    changes_nothing: float  # 1: a row in the City's extract and nothing else
    regular: float  # share at regular workplaces
    regular_woman: float  # added to it for women
    lengths: Numbers  # shares: 6 months, 12 months, 7-11 months
    extended: float  # share extended
    extension: Numbers  # fewest and most months of an extension
    early: float  # log odds a month of leaving early
    early_ability: float  # per standard deviation
    early_job: float  # share of early leavers who leave into an ordinary job
    wage: float  # SEK a month in 2009
    member: float  # share insured after it
    effect: Numbers  # log odds of job finding after it, profile 1: regular, created
    profile_months: Numbers  # months since the actual exit
    profile_regular: Numbers  # strength of the effect at those months, straight lines between
    profile_created: Numbers
    effect_woman: float  # added log odds
    effect_foreign: float
    effect_compulsory: float


ALL: tuple[type[Any], ...] = (Population, Macro, Labour, Life, Support, Jobbtorg, Start, Employment)

LENGTHS: dict[str, int] = {
    "population.origin": 8,
    "population.age": 4,
    "population.education": 7,
    "population.education_missing": 2,
    "population.married": 3,
    "population.children": 3,
    "population.districts": 14,
    "macro.finding": 12,
    "macro.loss": 12,
    "macro.wage_growth": 12,
    "labour.education": 4,
    "labour.out_of_work": 5,
    "labour.at_jobbtorg": 5,
    "labour.kinds": 3,
    "labour.separation": 5,
    "labour.conversion": 2,
    "labour.full_time": 2,
    "labour.hourly": 2,
    "labour.wage_education": 4,
    "labour.registered": 3,
    "life.emigration": 2,
    "life.months": 3,
    "support.insurance": 4,
    "support.registration": 3,
    "support.programme": 2,
    "support.employment_phase": 2,
    "support.practice": 2,
    "support.norm": 4,
    "support.partner_works": 2,
    "jobbtorg.referral": 3,
    "jobbtorg.opening": 2,
    "jobbtorg.leaving": 3,
    "jobbtorg.step": 6,
    "start.years": 2,
    "start.elapsed": 5,
    "start.quarter": 4,
    "start.year": 6,
    "start.education": 4,
    "start.step": 6,
    "start.district": 14,
    "employment.lengths": 3,
    "employment.extension": 2,
    "employment.effect": 2,
    "employment.profile_months": 7,
    "employment.profile_regular": 7,
    "employment.profile_created": 7,
}
"""How many numbers a list parameter has; every parameter that is not named here is one number."""


def title(kind: type[Any]) -> str:
    """Name of a section's table in the scenario file."""
    return kind.__name__.lower()
