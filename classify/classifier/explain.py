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


def explain(
    state: ClassifierState, headlines: pa.Array, k: int | None = None, columns: NDArray[np.intp] | None = None
) -> Explained:
    """Return probabilities and reasons of one batch, those of the given columns; see `HeadlineClassifier.explain`."""
    words, rare = state.vectorizer.word_blocks(state.clean(headlines))
    characters = state.character_scores(rare)
    proba, best = state.reasons_for(state.add_up(words, rare, characters))
    best = best if columns is None else columns
    stored, places = np.unique(words.indices, return_inverse=True)
    names = state.vectorizer.vocabulary_.spell(stored)[places]
    spelled = np.array(spell(rare.codes, rare.starts, rare.ends), object)[rare.rows.indices]
    terms = [{"(bias)": weight} for weight in state.intercept[best].tolist()]
    _add(terms, words, names, best, state.coef)
    _add(terms, rare.rows, spelled, best, characters)
    return Explained(proba, [sorted(each.items(), key=lambda item: (-item[1], item[0]))[:k] for each in terms])


def top_terms(state: ClassifierState, k: int) -> dict[str, Terms]:
    """Return the words and pairs of words of largest weight per section; see `HeadlineClassifier.top_terms`."""
    vocabulary = state.vectorizer.vocabulary_
    weights = state.by_section(state.coef[: len(vocabulary.word_idf)]) / vocabulary.word_idf[:, None]
    best = np.argsort(-weights, axis=0, kind="stable")[:k].T
    return {
        str(section): list(zip(vocabulary.spell(best[i]).tolist(), weights[best[i], i].tolist(), strict=True))
        for i, section in enumerate(state.classes)
    }


def _add(
    terms: list[dict[str, float]],
    rows: sp.csr_matrix,
    names: NDArray[np.object_],
    sections: NDArray[np.intp],
    weights: NDArray[np.float32],
) -> None:
    """Add what each stored value, which has a name, contributes to the margin of its row's section."""
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    values = rows.data.astype(np.float64) * weights[rows.indices, sections[row]]
    for i, name, value in zip(row.tolist(), names.tolist(), values.tolist(), strict=True):
        terms[i][name] = terms[i].get(name, 0.0) + value
