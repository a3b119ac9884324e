"""The study as a whole: its file, its design, its effects, its release. The only room that sees all others."""

from evaluation.study.core import Study
from evaluation.study.design import Design, Gate
from evaluation.study.effects import StudyEffects
from evaluation.study.file import StudyFile, read_study_file
from evaluation.study.running import RunSummary

__all__ = ["Design", "Gate", "RunSummary", "Study", "StudyEffects", "StudyFile", "read_study_file"]
