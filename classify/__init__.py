"""Label news headlines by section, group them into stories, and report on both."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Imported when first used, so that each command loads only what it needs.
_HOMES = {
    "HeadlineClassifier": "classifier",
    "Headlines": "readers",
    "ModelFileError": "modelfile",
    "Prediction": "classifier",
    "ReadError": "readers",
    "StoryClusterer": "stories",
    "TfidfVectorizer": "vectorizer",
    "clean": "text",
    "evaluate": "evaluation",
    "evaluate_stories": "evaluation",
    "find_suspicious": "audit",
    "load_model": "modelfile",
    "load_sample": "corpora",
    "load_stories": "storyfile",
    "near_duplicate_groups": "splits",
    "read_headlines": "readers",
    "save_model": "modelfile",
    "save_stories": "storyfile",
    "split_headlines": "splits",
    "write_report": "report",
}

_MODULES = ("metrics", "plots", "report")

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:  # noqa: ANN401 (any public object)
    """Import a public name from its module, or one of the modules that hold many."""
    if name in _MODULES:
        return import_module(f"classify.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'classify' has no attribute {name!r}")
    return getattr(import_module(f"classify.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, *_MODULES, "__version__"]
