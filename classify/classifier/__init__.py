"""Classify headlines by section: training, calibration, reasons, search, and the model file."""

from classify.classifier.calibration import ERROR_BUDGETS
from classify.classifier.classifier import HeadlineClassifier, Prediction
from classify.classifier.modelfile import ModelFileError, load_model, save_model, shrink
from classify.classifier.search import SearchResult, search

__all__ = [
    "ERROR_BUDGETS",
    "HeadlineClassifier",
    "ModelFileError",
    "Prediction",
    "SearchResult",
    "load_model",
    "save_model",
    "search",
    "shrink",
]
