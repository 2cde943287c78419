"""Archives: many files labelled into a folder of Parquet files, on one machine or many, resumed after a stop."""

from classify.scale.archive import Plan, Summary, label_archive, label_pieces, plan_archive
from classify.scale.pieces import Piece, plan_pieces
from classify.scale.storage import expand
from classify.scale.task import Outcome, Task

__all__ = [
    "Outcome",
    "Piece",
    "Plan",
    "Summary",
    "Task",
    "expand",
    "label_archive",
    "label_pieces",
    "plan_archive",
    "plan_pieces",
]
