"""Robustness: would a finding stand hidden bias, other choices, and what the design finds where there is nothing to find?

Frames and arrays in, results out; the functions never read outcomes themselves.

>>> from evaluation.robustness import rosenbaum_bounds
>>> print(rosenbaum_bounds(matched, "re78"))  # doctest: +SKIP
"""

from evaluation.robustness.calibration import Calibration, empirical_calibration
from evaluation.robustness.curve import SpecificationCurve, specification_curve
from evaluation.robustness.detectable import Detectable, Planned, minimum_detectable_effect
from evaluation.robustness.evalue import EValue, evalue
from evaluation.robustness.joint_test import JointCurveTest, joint_curve_test
from evaluation.robustness.placebo import Placebo, placebo
from evaluation.robustness.rosenbaum import RosenbaumBounds, amplify, rosenbaum_bounds
from evaluation.robustness.runner import MatchedRunner, Reading, matched_runner
from evaluation.robustness.sensitivity import PartialR2, partial_r2_sensitivity
from evaluation.robustness.specifications import specifications

__all__ = [
    "Calibration",
    "Detectable",
    "EValue",
    "JointCurveTest",
    "MatchedRunner",
    "PartialR2",
    "Placebo",
    "Planned",
    "Reading",
    "RosenbaumBounds",
    "SpecificationCurve",
    "amplify",
    "empirical_calibration",
    "evalue",
    "joint_curve_test",
    "matched_runner",
    "minimum_detectable_effect",
    "partial_r2_sensitivity",
    "placebo",
    "rosenbaum_bounds",
    "specification_curve",
    "specifications",
]
