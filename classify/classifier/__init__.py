"""Classify headlines by section: training, calibration, reasons, search, and the model file."""

from classify.classifier.abstention import ERROR_BUDGETS
from classify.classifier.classifier import HeadlineClassifier
from classify.classifier.modelfile import ModelFileError, load_model, save_model, shrink
from classify.classifier.multi_label import MultiLabelClassifier, MultiLabelPrediction, MultiLabelPredictions
from classify.classifier.prediction import Prediction, Predictions
from classify.classifier.search import SearchResult, search
from classify.classifier.state import ClassifierState

__all__ = [
    "ERROR_BUDGETS",
    "ClassifierState",
    "HeadlineClassifier",
    "ModelFileError",
    "MultiLabelClassifier",
    "MultiLabelPrediction",
    "MultiLabelPredictions",
    "Prediction",
    "Predictions",
    "SearchResult",
    "load_model",
    "save_model",
    "search",
    "shrink",
]
