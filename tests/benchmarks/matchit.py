"""The same calls in R's MatchIt, where Rscript and MatchIt are installed: seconds by call, in the same run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd

LIMIT = 240  # seconds R may take at one size

_SCRIPT = """
suppressMessages(library(MatchIt))
args <- commandArgs(TRUE)
d <- read.csv(args[1]); d$education <- factor(d$education); d$district <- factor(d$district)
# a call that MatchIt itself cannot do (4.5.1 stops on some) has no figure
seconds <- function(label, f) tryCatch({{
  s <- replicate({repeats}, {{ t <- proc.time()[["elapsed"]]; r <<- f(); proc.time()[["elapsed"]] - t }})
  cat(label, median(s), "\\n", sep = "\\t")
}}, error = function(e) NULL)
cat("version", as.character(packageVersion("MatchIt")), "\\n", sep = "\\t")
near <- function(...) matchit(treat ~ 1, d, method = "nearest", distance = qlogis(d$score), caliper = 0.2, ...)
seconds("score", function() glm(treat ~ {terms}, binomial, d))
seconds("nearest", function() near(m.order = "largest"))
m <- near(m.order = "largest")
seconds("nearest, exact", function() near(m.order = "largest", exact = ~ education + district + woman))
seconds("nearest, 5 with replacement", function() near(ratio = 5, replace = TRUE))
seconds("balance of 12 covariates", function() summary(m, addlvariables = d[, strsplit("{terms}", " + ", fixed = TRUE)[[1]]]))
if ({small}) seconds("mahalanobis in a caliper", function() near(mahvars = ~ {terms}, m.order = "largest"))
"""


def matchit_seconds(frame: pd.DataFrame, covariates: list[str], *, repeats: int) -> tuple[str | None, dict[str, float]]:
    """MatchIt's version (None where it is not installed) and its median seconds by call."""
    if shutil.which("Rscript") is None:
        return None, {}
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "data.csv", Path(folder) / "calls.R"
        frame.to_csv(data, index=False)
        small = "TRUE" if len(frame) < 200_000 else "FALSE"
        script.write_text(_SCRIPT.format(terms=" + ".join(covariates), repeats=repeats, small=small))
        try:
            done = subprocess.run(["Rscript", str(script), str(data)], capture_output=True, text=True, timeout=LIMIT)
            output = done.stdout
        except subprocess.TimeoutExpired as late:  # what was finished by then counts
            output = (late.stdout or b"").decode()
    lines = [line.split("\t") for line in output.splitlines() if "\t" in line]
    found = {line[0]: line[1] for line in lines}
    version = found.pop("version", None)
    return version, {label: float(value) for label, value in found.items()}
