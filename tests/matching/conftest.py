"""A population for the tests of matching: numbers, binaries and a category, treatment by a logistic model."""

import numpy as np
import pandas as pd
import pytest


def population(n=1200, seed=7):
    """Frame with id, treat, age, income (heavy ties), woman, origin, person, outcome."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    age = draw.integers(18, 65, n)
    income = np.round(draw.gamma(2.0, 100.0, n), -1)
    woman = draw.integers(0, 2, n)
    origin = draw.choice(["abroad", "nordic", "sweden"], n, p=[0.2, 0.1, 0.7])
    logit = -1.6 - 0.03 * (age - 40) - 0.002 * income + 0.4 * woman + 0.6 * (origin == "abroad")
    treat = (draw.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    outcome = (draw.random(n) < 0.3 + 0.1 * treat + 0.0005 * income.clip(max=400)).astype(int)
    return pd.DataFrame(
        {
            "id": draw.permutation(np.arange(10_000, 10_000 + n)),
            "treat": treat,
            "age": age,
            "income": income,
            "woman": woman,
            "origin": origin,
            "outcome": outcome,
        }
    )


COVARIATES = ["age", "income", "woman", "origin"]


@pytest.fixture(scope="session")
def frame():
    return population()


@pytest.fixture
def options():
    return {"treatment": "treat", "covariates": COVARIATES, "id": "id"}
