"""Features of pairs of headlines, from which the pair model computes the probability that both report one story."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features.sparse import row_numbers
from classify.stories.bags import Bags, unit_rows

Columns: TypeAlias = dict[str, NDArray[np.float32]]

# The name of a column that is not a feature of the model: 1 where two headlines of different days have much the same
# words and other numbers, as in "Wordle 271 answer" and "Wordle 272 answer". Among 12,000 headlines of known stories 65
# pairs with a Jaccard index of 0.3 to 0.45 are so, 22 of them of one story.
FORMULA = "formula"
_ALIKE, _LATER = 0.4, 0.9

_TINY = np.float32(1e-6)


class PairFeatures:
    """Features of pairs of headlines.

    Parameters
    ----------
    bags, graph
        The headlines' terms, and their candidates from `find_candidates`, among which are all pairs.
    days
        When the headlines appeared, NaN where unknown; None where none is dated.
    """

    def __init__(self, bags: Bags, graph: sp.csr_matrix, days: NDArray[np.float64] | None) -> None:
        self.bags, self.days, self.n = bags, days, graph.shape[0]
        own, known = bags.own, bags.known
        columns = [np.ones_like(own), own, known, bags.names * known, bags.numbers, own**2, known**2]
        self.table = np.stack(columns, axis=1).astype(np.float32)
        self.totals = bags.words @ self.table
        self.bigram_table = np.stack([bags.bigram_surprise, bags.bigram_surprise**2], axis=1)
        self.bigram_totals = bags.bigrams @ self.bigram_table
        self.stems = unit_rows(bags.stems, bags.stem_surprise)
        self.graph = graph
        norms = np.sqrt(np.asarray(graph.multiply(graph).sum(axis=1)).ravel() + 1)
        scaled = graph + sp.eye_array(graph.shape[0], dtype=np.float32, format="csr")
        self.near = sp.csr_matrix(sp.diags_array((1 / norms).astype(np.float32)) @ scaled)
        self.near.sort_indices()
        self.best = graph.max(axis=1).toarray().ravel() if graph.nnz else np.zeros(graph.shape[0], np.float32)
        self.rank = _ranks(graph)
        self.density = np.asarray(graph.sum(axis=1)).ravel()

    def compute(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Columns:
        """Return the features of pairs of positions by name, each of shape (n_pairs,); (b, a) has those of (a, b).

        Examples
        --------
        >>> import pyarrow as pa
        >>> from classify.stories.bags import make_bags, search_rows
        >>> from classify.stories.neighbours import find_candidates
        >>> bags = make_bags(pa.array(["Rovers win cup", "Cup for Rovers", "Budget vote"]))
        >>> features = PairFeatures(bags, find_candidates(search_rows(bags), 5), None)
        >>> features.compute(np.array([0]), np.array([1]))["n_shared"].tolist()
        [2.0]
        """
        shared = self.bags.words[a].multiply(self.bags.words[b]).tocsr()
        columns = self._of_words(shared, a, b) | self._of_stems_and_bigrams(a, b)
        columns |= self._of_candidates(a, b) | lags(self.days, a, b)
        alike = (columns["jaccard_known"] >= _ALIKE) & (columns["number_clash"] > 0)
        columns[FORMULA] = (alike & (columns["lag"] >= _LATER)).astype(np.float32)
        return columns

    def _of_words(self, shared: sp.csr_matrix, a: NDArray[np.int64], b: NDArray[np.int64]) -> Columns:
        """Return what the shared words, names and numbers tell."""
        bags = self.bags
        n_shared, own, known, names, numbers, own_squares, known_squares = (shared @ self.table).T
        of_a, of_b = self.totals[a], self.totals[b]
        least, both = np.minimum(of_a, of_b), of_a + of_b
        rarest = [_nth(shared, k) for k in range(3)]
        return {
            "cosine_own": own_squares / np.maximum(np.sqrt(of_a[:, 5] * of_b[:, 5]), _TINY),
            "cosine_known": known_squares / np.maximum(np.sqrt(of_a[:, 6] * of_b[:, 6]), _TINY),
            "overlap": n_shared / np.maximum(least[:, 0], 1),
            "overlap_own": own / np.maximum(least[:, 1], _TINY),
            "overlap_known": known / np.maximum(least[:, 2], _TINY),
            "jaccard_known": known / np.maximum(both[:, 2] - known, _TINY),
            "n_shared": n_shared,
            **{f"rarest_own_{k + 1}": _take(bags.own, which) for k, which in enumerate(rarest)},
            **{f"rarest_known_{k + 1}": _take(bags.known, which) for k, which in enumerate(rarest)},
            "rarest_count": np.log1p(_take(bags.own_counts.astype(np.float32), rarest[0])),
            "burst": _take(bags.known - bags.own, rarest[0]),
            "shared_names": names,
            "top_name": _greatest(shared, self.table[:, 3]),
            "unshared_names": both[:, 3] - 2 * names,
            "names_overlap": names / np.maximum(least[:, 3], 1),
            "shared_numbers": numbers,
            "number_clash": ((least[:, 4] > 0) & (numbers == 0)).astype(np.float32),
            "shortest": least[:, 0],
            "longest": np.maximum(of_a, of_b)[:, 0],
        }

    def _of_stems_and_bigrams(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Columns:
        """Return what the shared beginnings of words and pairs of words tell."""
        rows = self.bags.bigrams
        shared, squares = (rows[a].multiply(rows[b]).tocsr() @ self.bigram_table).T
        norms = np.sqrt(self.bigram_totals[a, 1] * self.bigram_totals[b, 1])
        return {
            "cosine_stems": dots_of_rows(self.stems, a, b),
            "cosine_bigrams": squares / np.maximum(norms, _TINY),
            "shared_bigrams": shared,
        }

    def _of_candidates(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Columns:
        """Return what the two headlines' other candidates tell."""
        search, rank, other_rank = _look_up(self.graph, a, b), _look_up(self.rank, a, b), _look_up(self.rank, b, a)
        low, high = (choose(self.best[a], self.best[b]) for choose in (np.minimum, np.maximum))
        return {
            "search": search,
            "search_of_best": search / np.maximum(low, _TINY),
            "search_of_best_other": search / np.maximum(high, _TINY),
            "rank_of_best": np.log(np.minimum(rank, other_rank)),
            "rank_of_other": np.log(np.maximum(rank, other_rank)),
            "neighbours": dots_of_rows(self.near, a, b),
            "density": np.log1p(np.minimum(self.density[a], self.density[b])),
        }


def lags(days: NDArray[np.float64] | None, a: NDArray[np.int64], b: NDArray[np.int64]) -> Columns:
    """Return the square root of the days between, 0 where unknown, and whether they are known."""
    lag = np.full(len(a), np.nan) if days is None else np.abs(days[a] - days[b])
    known = ~np.isnan(lag)
    return {"lag": np.sqrt(np.where(known, lag, 0)).astype(np.float32), "dated": known.astype(np.float32)}


def dots_of_rows(rows: sp.csr_matrix, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float32]:
    """Multiply each row of one set with the row beside it in the other."""
    return np.asarray(rows[a].multiply(rows[b]).sum(axis=1)).ravel().astype(np.float32)


def _look_up(graph: sp.csr_matrix, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float32]:
    """Look up entries of a sparse matrix."""
    return np.asarray(graph[a, b]).ravel().astype(np.float32)


def _ranks(graph: sp.csr_matrix) -> sp.csr_matrix:
    """Return the rank of each candidate among those of its row, 1 for the nearest; of equals the lower comes first."""
    row = row_numbers(graph.indptr)
    # One key for both: what is subtracted lies within (0, 1).
    order = np.argsort(row - 0.99 * graph.data.astype(np.float64), kind="stable")
    ranks = np.empty(graph.nnz, np.float32)
    ranks[order] = np.arange(graph.nnz) - graph.indptr[row] + 1
    return sp.csr_matrix((ranks, graph.indices, graph.indptr), shape=graph.shape)


def _nth(shared: sp.csr_matrix, k: int) -> NDArray[np.int64]:
    """Return the k-th stored column of each row, -1 where it has no more than k."""
    found = np.full(shared.shape[0], -1, np.int64)
    has = np.diff(shared.indptr) > k
    found[has] = shared.indices[shared.indptr[:-1][has] + k]
    return found


def _take(values: NDArray[np.float32], which: NDArray[np.int64]) -> NDArray[np.float32]:
    """Look up values, 0 for position -1."""
    return np.append(values, np.float32(0))[which]


def _greatest(shared: sp.csr_matrix, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the greatest value among the columns of each row, 0 for an empty row."""
    greatest = np.zeros(shared.shape[0], np.float32)
    filled = np.flatnonzero(np.diff(shared.indptr))
    if len(filled):
        greatest[filled] = np.maximum.reduceat(values[shared.indices], shared.indptr[filled])
    return greatest
