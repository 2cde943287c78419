"""Label news headlines by section, group them into stories, and report on both."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classify import metrics, plots, report
    from classify.audit import find_suspicious
    from classify.classifier import (
        HeadlineClassifier,
        ModelFileError,
        MultiLabelClassifier,
        Prediction,
        SearchResult,
        load_model,
        save_model,
        search,
    )
    from classify.corpora import load_sample
    from classify.evaluation import compare_classifiers, evaluate, evaluate_folds, evaluate_stories, train
    from classify.features import Background, TfidfVectorizer, learn_background, load_background, save_background
    from classify.headlines import Headlines, ReadError
    from classify.readers import read_headlines
    from classify.report import write_report
    from classify.splits import near_duplicate_groups, split_headlines
    from classify.stories import StoryClusterer, load_stories, save_stories
    from classify.text import clean

__version__ = "0.2.0"

__all__ = [
    "Background",
    "HeadlineClassifier",
    "Headlines",
    "ModelFileError",
    "MultiLabelClassifier",
    "Prediction",
    "ReadError",
    "SearchResult",
    "StoryClusterer",
    "TfidfVectorizer",
    "clean",
    "compare_classifiers",
    "evaluate",
    "evaluate_folds",
    "evaluate_stories",
    "find_suspicious",
    "learn_background",
    "load_background",
    "load_model",
    "load_sample",
    "load_stories",
    "metrics",
    "near_duplicate_groups",
    "plots",
    "read_headlines",
    "report",
    "save_background",
    "save_model",
    "save_stories",
    "search",
    "split_headlines",
    "train",
    "write_report",
]

# Each name is imported from its folder when first used, so that a command loads only what it needs.
_HOMES = {
    "audit": ("find_suspicious",),
    "classifier": (
        "HeadlineClassifier",
        "ModelFileError",
        "MultiLabelClassifier",
        "Prediction",
        "SearchResult",
        "load_model",
        "save_model",
        "search",
    ),
    "corpora": ("load_sample",),
    "evaluation": ("compare_classifiers", "evaluate", "evaluate_folds", "evaluate_stories", "train"),
    "features": ("Background", "TfidfVectorizer", "learn_background", "load_background", "save_background"),
    "headlines": ("Headlines", "ReadError"),
    "readers": ("read_headlines",),
    "report": ("write_report",),
    "splits": ("near_duplicate_groups", "split_headlines"),
    "stories": ("StoryClusterer", "load_stories", "save_stories"),
    "text": ("clean",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # type checkers read the imports above, and report a name that does not exist

    def __getattr__(name: str) -> object:
        """Import a public name, or one of the public modules, when it is first used."""
        if name in _HOME:
            return getattr(import_module(f"classify.{_HOME[name]}"), name)
        if name in __all__:
            return import_module(f"classify.{name}")
        raise AttributeError(f"module 'classify' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
