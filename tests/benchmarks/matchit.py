"""The same calls in R's MatchIt, where Rscript and MatchIt are installed: seconds by call, in the same run.

Data go to R in a temporary csv; the clock is R's own (proc.time) and leaves out reading them. Each call runs in a fork of
the R process, so that one that takes too long can be ended, which MatchIt's compiled loops do not allow from within.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

LIMIT = 75  # seconds R may take over one call
_SLOW = 1.5  # seconds: what takes longer is measured once
_REASONS = {
    "no R": "Rscript is not on the path",
    "no MatchIt": "R is installed without the package MatchIt",
    "no fork": "MatchIt's calls are timed in forks, which this system does not have",
}

_CHECK = """
cat(if (!requireNamespace("MatchIt", quietly = TRUE)) "no MatchIt" else if (.Platform$OS.type != "unix") "no fork" else
    as.character(packageVersion("MatchIt")))
"""

_SCRIPT = """
suppressMessages(library(MatchIt))
given <- commandArgs(TRUE)
caliper <- as.numeric(given[2]); limit <- as.numeric(given[3]); slow <- as.numeric(given[4])
skipped <- strsplit(given[5], ";", fixed = TRUE)[[1]]; terms <- strsplit(given[6], " ", fixed = TRUE)[[1]]
d <- read.csv(given[1])
d$education <- factor(d$education); d$district <- factor(d$district)
line <- qlogis(d$score)
exact <- ~ education + district + woman

near <- function(...) suppressWarnings(
  matchit(treat ~ 1, d, method = "nearest", distance = line, caliper = caliper, std.caliper = FALSE, ...))

# treated that are matched, and the largest distance of a pair as a share of the caliper
quality <- function(m) {
  if (!inherits(m, "matchit") || is.null(m$match.matrix)) return(c(NA, NA))
  pairs <- m$match.matrix
  gap <- abs(line[as.integer(rownames(pairs))[row(pairs)]] - line[as.integer(pairs)])
  c(sum(!is.na(pairs[, 1])), max(gap, na.rm = TRUE) / caliper)
}
clock <- function(call, prepared) {
  seconds <- c()
  while (length(seconds) < 3 && !any(seconds > slow)) {
    start <- proc.time()[["elapsed"]]
    result <- call(prepared)
    seconds <- c(seconds, proc.time()[["elapsed"]] - start)
  }
  c(median(seconds), quality(result))
}
timed <- function(label, call, before = function() NULL) {
  if (label %in% skipped) return(invisible())
  job <- parallel::mcparallel(tryCatch(clock(call, before()), error = function(e) conditionMessage(e)))
  found <- parallel::mccollect(job, wait = FALSE, timeout = limit)[[1]]
  if (is.null(found)) { tools::pskill(job$pid, tools::SIGKILL); found <- "late" }
  invisible(suppressWarnings(parallel::mccollect(job)))
  found <- gsub("[[:space:]]+", " ", paste(found, collapse = " "))
  cat(label, found, "\\n", sep = "\\t")
}

timed("score", function(none) glm(reformulate(terms, "treat"), binomial, d))
timed("nearest", function(none) near(m.order = "largest"))
timed("nearest, exact", function(none) near(m.order = "largest", exact = exact))
timed("nearest, 5 with replacement", function(none) near(ratio = 5, replace = TRUE))
timed("nearest, 1 to 4 controls", function(none) near(m.order = "largest", ratio = 2, min.controls = 1, max.controls = 4))
timed("mahalanobis in a caliper", function(none) near(mahvars = reformulate(terms)))
# the summary is that of a match already made: by strata, which is the quickest
timed("balance of 12 covariates", function(m) summary(m, addlvariables = d[, terms]),
      function() near(m.order = "largest", exact = exact))
"""


@dataclass(frozen=True)
class PeerFigure:
    """MatchIt's median seconds of one call; None where it did not finish. ``note`` says why."""

    seconds: float | None
    note: str = ""  # "late", "too long to try", or the error
    matched: int | None = None  # treated units with a match
    widest: float | None = None  # distance of the widest pair, in calipers


@dataclass(frozen=True)
class Peer:
    """MatchIt's version, or the reason why there is none; and its figures by the label of the call."""

    version: str | None
    reason: str = ""
    figures: dict[str, PeerFigure] = field(default_factory=dict)


@cache
def installed() -> Peer:
    """Whether R and MatchIt are here."""
    if shutil.which("Rscript") is None:
        return Peer(None, _REASONS["no R"])
    done = subprocess.run(["Rscript", "-e", _CHECK], capture_output=True, text=True)
    found = done.stdout.strip()
    if done.returncode or not found or found in _REASONS:
        return Peer(None, _REASONS.get(found, "Rscript stopped with an error"))
    return Peer(found)


def run_matchit(
    frame: pd.DataFrame, covariates: list[str], caliper: float, smaller: tuple[int, Peer] | None = None
) -> Peer:
    """Time MatchIt's calls on the frame.

    Parameters
    ----------
    frame
        With treat, score (a probability) and the covariates.
    covariates
        Their names; education, district and woman are the exact strata.
    caliper
        Width on the logit of the score.
    smaller
        Number of treated times controls of a smaller size, and MatchIt's figures there. Its searches take time in this
        proportion, so those that would take longer than the limit are not tried.
    """
    here = installed()
    if here.version is None:
        return here
    n_treated = int(frame["treat"].sum())
    size = n_treated * (len(frame) - n_treated)
    hopeless = [] if smaller is None else _hopeless(smaller[1], size / smaller[0])
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "data.csv", Path(folder) / "calls.R"
        frame[["treat", "score", *covariates]].to_csv(data, index=False)
        script.write_text(_SCRIPT, encoding="utf-8")
        options = [str(caliper), str(LIMIT), str(_SLOW), ";".join(hopeless), " ".join(covariates)]
        done = subprocess.run(["Rscript", str(script), str(data), *options], capture_output=True, text=True)
    figures = dict.fromkeys(hopeless, PeerFigure(None, "too long to try"))
    for line in done.stdout.splitlines():
        label, _, rest = line.partition("\t")
        figures[label] = _read(rest.strip())
    if done.returncode:
        return Peer(here.version, f"R stopped: {done.stderr.strip()[-200:]}", figures)
    return Peer(here.version, "", figures)


def _hopeless(smaller: Peer, growth: float) -> list[str]:
    """Searches whose seconds at the smaller size, times the growth of treated times controls, pass the limit."""
    searches = {k: f for k, f in smaller.figures.items() if k.startswith(("nearest", "mahalanobis"))}
    return [k for k, f in searches.items() if f.note or (f.seconds is not None and f.seconds * growth > LIMIT)]


def _read(found: str) -> PeerFigure:
    try:
        seconds, matched, widest = (None if word == "NA" else float(word) for word in found.split())
    except ValueError:
        return PeerFigure(None, found)
    return PeerFigure(seconds, "", None if matched is None else int(matched), widest)
