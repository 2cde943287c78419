"""Reasons for an answer: what each word and pair of words of a headline adds to its margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.tokens import spell

if TYPE_CHECKING:
    from classify.arrow import Texts
    from classify.classifier import HeadlineClassifier


def explain(
    classifier: HeadlineClassifier, headlines: Texts, k: int | None = None
) -> list[list[tuple[str, float]]]:
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


def _add(
    terms: dict[str, float], rows: sp.csr_matrix, row: int, names: NDArray[np.object_], weights: NDArray[np.float32]
) -> None:
    """Add a row's contributions to the terms they belong to."""
    # The slice is taken here: a row of a sparse matrix takes longer to make than all the rest.
    part = slice(rows.indptr[row], rows.indptr[row + 1])
    for column, value in zip(rows.indices[part], rows.data[part], strict=True):
        name = str(names[column])
        terms[name] = terms.get(name, 0.0) + float(value) * float(weights[column])
