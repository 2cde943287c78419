"""Measure classifiers and clusterings on labelled headlines."""

from classify.evaluation.comparison import compare_classifiers
from classify.evaluation.fold_results import FoldEvaluation
from classify.evaluation.folds import evaluate_folds
from classify.evaluation.multi_label import MultiLabelTraining, evaluate_multi_label, train_multi_label
from classify.evaluation.multi_label_results import MultiLabelEvaluation
from classify.evaluation.pipeline import Training, train
from classify.evaluation.predictions import N_PREDICTIONS
from classify.evaluation.results import Comparison, SectionEvaluation
from classify.evaluation.sections import evaluate
from classify.evaluation.stories import evaluate_stories
from classify.evaluation.story_results import StoryEvaluation

__all__ = [
    "N_PREDICTIONS",
    "Comparison",
    "FoldEvaluation",
    "MultiLabelEvaluation",
    "MultiLabelTraining",
    "SectionEvaluation",
    "StoryEvaluation",
    "Training",
    "compare_classifiers",
    "evaluate",
    "evaluate_folds",
    "evaluate_multi_label",
    "evaluate_stories",
    "train",
    "train_multi_label",
]
