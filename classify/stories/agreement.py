"""Features of a pair of headlines from the probabilities of all pairs: do both have the same others."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.pairs import Columns, dots_of_rows, lags

# Probabilities are cut here before their log odds are taken.
_LEAST = 1e-4


class Agreement:
    """Features of pairs of headlines from probabilities.

    Parameters
    ----------
    left, right, probability
        Pairs of headlines, each once, and the probability that they are one story.
    n
        How many headlines there are.
    days
        When the headlines appeared, NaN where unknown; None where none is dated.
    """

    def __init__(
        self,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        probability: NDArray[np.float64],
        n: int,
        days: NDArray[np.float64] | None,
    ) -> None:
        half = sp.csr_matrix((probability, (left, right)), shape=(n, n))
        graph = (half + half.T).tocsr()
        self.days = days
        self.others = np.asarray(graph.sum(axis=1)).ravel()
        self.best = graph.max(axis=1).toarray().ravel() if graph.nnz else np.zeros(n)
        # Each headline is in its own story for certain.
        self.rows = sp.csr_matrix(graph + sp.eye_array(n, format="csr"))
        self.rows.sort_indices()
        self.norms = np.sqrt(np.asarray(self.rows.multiply(self.rows).sum(axis=1)).ravel())

    def compute(self, a: NDArray[np.int64], b: NDArray[np.int64], probability: NDArray[np.float64]) -> Columns:
        """Return the features of pairs of positions with these probabilities, by name.

        Examples
        --------
        >>> pairs = np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0.5, 1.0, 1.0])
        >>> features = Agreement(*pairs, 3, None).compute(*(part[:1] for part in pairs))
        >>> round(features["agreement"].item(), 2)
        0.89
        """
        both = dots_of_rows(self.rows, a, b)
        fewer, more = (choose(self.others[a], self.others[b]) for choose in (np.minimum, np.maximum))
        low, high = (choose(self.best[a], self.best[b]) for choose in (np.minimum, np.maximum))
        cut = np.clip(probability, _LEAST, 1 - _LEAST)
        columns = {
            "log_odds": np.log(cut / (1 - cut)),
            "agreement": both / (self.norms[a] * self.norms[b]),
            "overlap_of_others": both / (1 + fewer),
            "others_of_fewer": np.log1p(fewer),
            "others_of_more": np.log1p(more),
            "share_of_best": probability / np.maximum(low, _LEAST),
            "share_of_best_other": probability / np.maximum(high, _LEAST),
        }
        return {name: column.astype(np.float32) for name, column in columns.items()} | lags(self.days, a, b)
