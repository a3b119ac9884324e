"""Disclosure control: the only way out of a run's protected folder."""

from evaluation.disclosure.clocks import moved_between_clocks
from evaluation.disclosure.magnitude import magnitude_flags, magnitude_safe
from evaluation.disclosure.policy import Policy
from evaluation.disclosure.protect import Protected, protect
from evaluation.disclosure.release import refuse_foreign, verify, write_manifest, write_release

__all__ = [
    "Policy",
    "Protected",
    "magnitude_flags",
    "magnitude_safe",
    "moved_between_clocks",
    "protect",
    "refuse_foreign",
    "verify",
    "write_manifest",
    "write_release",
]
