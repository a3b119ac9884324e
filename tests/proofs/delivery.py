"""A synthetic delivery and a study on it, for proofs and end-to-end tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.study import Study
from evaluation.study.file import StudyFile, check_study, read_study_file
from synthetic_registers.synthesize import synthesize

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "study" / "visstid_2009_2011.toml"


def deliver(out: Path, *, scenario: str, persons: int, seed: int, fmt: str = "parquet") -> Path:
    """Write a delivery unless it is there already; give the folder that holds registers/ and truth/."""
    if not (out / "truth" / "effects.csv").exists():
        synthesize(scenario=scenario, persons=persons, seed=seed, out=out, fmt=fmt)
    return out


def study_on(delivery: Path, *, work: Path | None = None, **changes: dict[str, Any]) -> Study:
    """The default study on a delivery, with sections changed: ``study_on(d, effects={"clocks": [...]})``."""
    spec = changed(read_study_file(STUDY), **changes)
    return Study(spec, folder=STUDY.parent, registers=delivery / "registers", work=work)


def changed(spec: StudyFile, **changes: dict[str, Any]) -> StudyFile:
    """A study file with keys of its sections changed."""
    content = spec.model_dump()
    for section, values in changes.items():
        content[section] = {**content[section], **values}
    return check_study(content, name="changed study")


def truth(delivery: Path) -> pd.DataFrame:
    """The true effects of a delivery."""
    return pd.read_csv(
        delivery / "truth" / "effects.csv", keep_default_na=False, na_values={"truth": [""], "truth_twin": [""]}
    )


def beside_truth(effects: pd.DataFrame, true: pd.DataFrame, *, estimator: str = "matched_difference") -> pd.DataFrame:
    """Estimates with the truth of the same key beside them."""
    key = ["outcome", "definition", "subgroup", "clock", "horizon", "horizon_unit", "estimand"]
    rows = effects[(effects["estimator"] == estimator) & (effects["ci_kind"] == "pointwise")].copy()
    rows["definition"] = rows["definition"].fillna("")
    return rows.merge(true[[*key, "truth", "truth_twin"]], on=key, how="inner", validate="one_to_one")
