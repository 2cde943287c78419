"""Reasons for answers: the weight of each word and pair of words in the margin of a headline or of a section."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features.tokens import spell

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.classifier.state import ClassifierState

Terms = list[tuple[str, float]]


class Explained(NamedTuple):
    """Probabilities of a batch, shape (n, n_sections), and the terms of the most probable section of each headline."""

    proba: NDArray[np.float64]
    terms: list[Terms]


def explain(state: ClassifierState, headlines: pa.Array, k: int | None = None) -> Explained:
    """Return probabilities and reasons of one batch; see `HeadlineClassifier.explain`."""
    words, rare = state.vectorizer.word_blocks(state.clean(headlines))
    characters = state.character_scores(rare)
    proba = state.probabilities(state.add_up(words, rare, characters))
    best = proba.argmax(axis=1)
    columns, places = np.unique(words.indices, return_inverse=True)
    names = state.vectorizer.vocabulary_.spell(columns)[places].tolist()
    spelled = np.array(spell(rare.codes, rare.starts, rare.ends), object)[rare.rows.indices].tolist()
    of_words = _contributions(words, best, state.coef)
    of_rare = _contributions(rare.rows, best, characters)
    answers = []
    for row, section in enumerate(best.tolist()):
        terms: dict[str, float] = {"(bias)": float(state.intercept[section])}
        for matrix, texts, weights in ((words, names, of_words), (rare.rows, spelled, of_rare)):
            some = slice(matrix.indptr[row], matrix.indptr[row + 1])
            for term, weight in zip(texts[some], weights[some], strict=True):
                terms[term] = terms.get(term, 0.0) + weight
        answers.append(sorted(terms.items(), key=lambda item: (-item[1], item[0]))[:k])
    return Explained(proba, answers)


def top_terms(state: ClassifierState, k: int) -> dict[str, Terms]:
    """Return the words and pairs of words of largest weight per section; see `HeadlineClassifier.top_terms`."""
    vocabulary = state.vectorizer.vocabulary_
    weights = state.coef[: len(vocabulary.word_idf)] / vocabulary.word_idf[:, None]
    best = np.argsort(-weights, axis=0, kind="stable")[:k].T
    return {
        str(section): list(zip(vocabulary.spell(best[i]).tolist(), weights[best[i], i].tolist(), strict=True))
        for i, section in enumerate(state.classes)
    }


def _contributions(rows: sp.csr_matrix, sections: NDArray[np.intp], weights: NDArray[np.float32]) -> list[float]:
    """Return what each stored value adds to the margin of its row's section."""
    section = np.repeat(sections, np.diff(rows.indptr))
    values: list[float] = (rows.data.astype(np.float64) * weights[rows.indices, section]).tolist()
    return values
