"""Covariates as of the month before: one module per source, each an expression keyed by person and month.

Every expression takes the person-months at risk (``base``: person, month, year, enrolment ...) and reads nothing dated in or after the
month. What is computed in floating point is left to ``finish`` in numpy, so that engines and threads cannot change a digit.
"""
