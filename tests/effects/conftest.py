"""Matched samples for the tests of effects: sets of one treated and some controls, persons that serve in several."""

import numpy as np
import pandas as pd
import pytest


def sample(n_sets=120, ratio=3, n_persons=150, seed=1):
    """Memberships: set, id, unit, treated, weight; sets have 1 to ``ratio`` controls."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    rows = []
    for s in range(n_sets):
        k = int(draw.integers(1, ratio + 1))
        rows.append((s, 10_000 + s, 1, 1.0))
        rows += [(s, int(p), 0, 1 / k) for p in draw.choice(n_persons, k, replace=False)]
    members = pd.DataFrame(rows, columns=["set", "unit", "treated", "weight"])
    return members.assign(id=np.arange(len(members)))


def outcomes(members, k, seed=2, missing=0.1):
    """Numbers (members, k) that share parts within sets and persons; some are not observed."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    sets = draw.standard_normal((members["set"].max() + 1, k))
    persons = draw.standard_normal((members["unit"].max() + 1, k))
    y = 10 + sets[members["set"]] + persons[members["unit"]] + draw.standard_normal((len(members), k))
    y += members["treated"].to_numpy()[:, None] * np.linspace(0, 1, k)
    y[draw.random(y.shape) < missing] = np.nan
    return y


@pytest.fixture(scope="module")
def members():
    return sample()


@pytest.fixture(scope="module")
def values(members):
    return outcomes(members, 5)
