"""Naive answers, which a classifier should surpass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classify.features import TfidfVectorizer

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.results import Baseline
    from classify.splits import Labelled

__all__ = ["naive_baselines"]


def naive_baselines(classifier: HeadlineClassifier, train: Labelled | None, test: Labelled) -> list[Baseline]:
    """Score naive answers; without training headlines, the test's own most frequent section."""
    from sklearn.metrics import accuracy_score, f1_score

    true = test.sections.astype(str)
    names, counts = np.unique((train or test).sections.astype(str), return_counts=True)
    answers = {"most frequent section": np.full(len(true), names[counts.argmax()])}
    if train is not None:
        answers["naive Bayes on words"] = _naive_bayes(classifier, train, test)
    return [
        {
            "name": name,
            "accuracy": float(accuracy_score(true, given)),
            "macro_f1": float(f1_score(true, given, average="macro")),
        }
        for name, given in answers.items()
    ]


def _naive_bayes(classifier: HeadlineClassifier, train: Labelled, test: Labelled) -> NDArray[Any]:
    """Answer by scikit-learn's naive Bayes on whether each word occurs."""
    from sklearn.naive_bayes import MultinomialNB

    words = TfidfVectorizer(word_ngrams=(1, 1), char_ngrams=None)
    rows = words.fit_transform(classifier.clean(train.headlines.headline))
    new = words.transform(classifier.clean(test.headlines.headline))
    rows.data[:], new.data[:] = 1, 1
    return np.asarray(MultinomialNB().fit(rows, train.sections.astype(str)).predict(new))
