"""Small data for the tests: units in two strata, treated by a score, with or without an effect."""

import numpy as np
import pandas as pd


def units(n=400, *, seed=1, effect=0.0, hidden=0.0, treated_share=0.25):
    """Rows with id, sex, x, z, treatment d, outcomes y (a number) and b (0/1), and past (y without treatment, before time zero)."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    sex, x, z, u = draw.integers(0, 2, n), draw.standard_normal(n), draw.standard_normal(n), draw.standard_normal(n)
    odds = np.log(treated_share / (1 - treated_share)) + 0.5 * x + hidden * u
    d = (draw.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    past = x + 0.3 * z + hidden * u + draw.standard_normal(n)
    y = effect * d + x + 0.3 * z + hidden * u + draw.standard_normal(n)
    return pd.DataFrame(
        {
            "id": np.arange(n) + 1000,
            "sex": sex,
            "x": x,
            "z": z,
            "d": d,
            "y": y,
            "b": (y > 0.5).astype(float),
            "past": past,
        }
    )


def sets(sizes, *, seed=1, flipped=()):
    """Memberships of sets of the given sizes, one treated each; in the sets named, one control and several treated."""
    rows = []
    for s, size in enumerate(sizes):
        lead = 0 if s in flipped else 1
        rows += [(s, lead, 1.0)] + [(s, 1 - lead, 1 / (size - 1))] * (size - 1)
    members = pd.DataFrame(rows, columns=["set", "treated", "weight"])
    members.insert(1, "unit", np.arange(len(members)))
    draw = np.random.Generator(np.random.Philox(key=seed))
    return members, draw
