"""Reasons for answers: what each word and pair of words adds to the margin of a headline, or of a section at large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features.tokens import spell

if TYPE_CHECKING:
    from classify.classifier.classifier import HeadlineClassifier
    from classify.core.arrow import Texts


def explain(classifier: HeadlineClassifier, headlines: Texts, k: int | None = None) -> list[list[tuple[str, float]]]:
    """List the terms behind the best section of each headline; see `HeadlineClassifier.explain`."""
    column = classifier.clean(headlines)
    vectorizer = classifier.vectorizer_
    words, rare = vectorizer.word_blocks(column)
    characters = classifier.character_scores(rare)
    n_words = words.shape[1]
    margins = words @ classifier.coef_[:n_words] + classifier.intercept_ + rare.rows @ characters
    best = classifier.proba_of(margins).argmax(axis=1)
    spelled = np.array(spell(rare.codes, rare.starts, rare.ends), dtype=object)
    names = vectorizer.get_feature_names_out()
    answers = []
    for row, section in enumerate(best):
        terms: dict[str, float] = {"(bias)": float(classifier.intercept_[section])}
        _add(terms, words, row, names, classifier.coef_[:, section])
        _add(terms, rare.rows, row, spelled, characters[:, section])
        answers.append(sorted(terms.items(), key=lambda item: (-item[1], item[0]))[:k])
    return answers


def top_terms(classifier: HeadlineClassifier, k: int) -> dict[str, list[tuple[str, float]]]:
    """List the words and pairs of words that speak most for each section; see `HeadlineClassifier.top_terms`."""
    idf = classifier.vectorizer_.word_idf_
    names = classifier.vectorizer_.get_feature_names_out()
    weights = classifier.coef_[: len(idf)] / idf[:, None]
    best = np.argsort(-weights, axis=0, kind="stable")[:k].T
    return {
        str(section): [(str(names[i]), float(weights[i, column])) for i in best[column]]
        for column, section in enumerate(classifier.classes_)
    }


def _add(
    terms: dict[str, float], rows: sp.csr_matrix, row: int, names: NDArray[np.object_], weights: NDArray[np.float32]
) -> None:
    """Add a row's contributions to the terms they belong to."""
    # The slice is taken here: a row of a sparse matrix takes longer to make than all the rest.
    part = slice(rows.indptr[row], rows.indptr[row + 1])
    for column, value in zip(rows.indices[part], rows.data[part], strict=True):
        name = str(names[column])
        terms[name] = terms.get(name, 0.0) + float(value) * float(weights[column])
