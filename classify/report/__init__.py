"""Write reports: numbers and figures on one self-contained HTML page and one Markdown page."""

from __future__ import annotations

from classify.report.index import write_index
from classify.report.page import report_files, write_report
from classify.report.tables import to_frames

__all__ = ["report_files", "to_frames", "write_index", "write_report"]
