"""Another study from this one: a folder with a study file, a protocol, definitions and notebooks, to be changed and run.

The first study, ``study/`` and ``notebooks/``, is the template: nothing of it is kept twice. Only the words that a new study must have of its own
are written here (``files/``).
"""

from evaluation.template.start import NewStudy, NewStudyError, start_study

__all__ = ["NewStudy", "NewStudyError", "start_study"]
