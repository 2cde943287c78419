"""Rank labels that look wrong, with reasons, and apply corrections."""

from classify.audit.corrections import apply_corrections
from classify.audit.signals import Publisher
from classify.audit.suspicious import COLUMNS, Audit, audit_labels, find_suspicious

__all__ = [
    "COLUMNS",
    "Audit",
    "Publisher",
    "apply_corrections",
    "audit_labels",
    "find_suspicious",
]
