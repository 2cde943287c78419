"""Find labels that look wrong, with reasons, and apply corrections."""

from classify.audit.signals import apply_corrections, find_suspicious, predicting_publishers

__all__ = [
    "apply_corrections",
    "find_suspicious",
    "predicting_publishers",
]
