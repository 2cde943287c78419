"""Reasons for answers: the weight of each word and pair of words in the margin of a headline or of a section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features.tokens import spell

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.classifier.state import ClassifierState

Terms = list[tuple[str, float]]


def explain(state: ClassifierState, headlines: pa.Array, k: int | None = None) -> list[Terms]:
    """Return the terms of the best section of each headline; see `HeadlineClassifier.explain`."""
    words, rare = state.vectorizer.word_blocks(state.clean(headlines))
    characters = state.character_scores(rare)
    best = state.probabilities(state.add_up(words, rare, characters)).argmax(axis=1)
    spelled = np.array(spell(rare.codes, rare.starts, rare.ends), dtype=object)
    names = state.vectorizer.get_feature_names_out()
    answers = []
    for row, section in enumerate(best):
        terms: dict[str, float] = {"(bias)": float(state.intercept[section])}
        _add(terms, words, row, names, state.coef[:, section])
        _add(terms, rare.rows, row, spelled, characters[:, section])
        answers.append(sorted(terms.items(), key=lambda item: (-item[1], item[0]))[:k])
    return answers


def top_terms(state: ClassifierState, k: int) -> dict[str, Terms]:
    """Return the words and pairs of words of largest weight per section; see `HeadlineClassifier.top_terms`."""
    idf = state.vectorizer.word_idf_
    names = state.vectorizer.get_feature_names_out()
    weights = state.coef[: len(idf)] / idf[:, None]
    best = np.argsort(-weights, axis=0, kind="stable")[:k].T
    return {
        str(section): [(str(names[i]), float(weights[i, column])) for i in best[column]]
        for column, section in enumerate(state.classes)
    }


def _add(
    terms: dict[str, float], rows: sp.csr_matrix, row: int, names: NDArray[np.object_], weights: NDArray[np.float32]
) -> None:
    """Add the contributions of one row to the terms they belong to."""
    # The arrays are cut here: to slice a sparse matrix takes longer than all the rest.
    part = slice(rows.indptr[row], rows.indptr[row + 1])
    for column, value in zip(rows.indices[part], rows.data[part], strict=True):
        name = str(names[column])
        terms[name] = terms.get(name, 0.0) + float(value) * float(weights[column])
