"""How broad stories are: read from the data, or such that there are as many stories as asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.days import Dated
from classify.stories.links import MergeTree, link_groups
from classify.stories.mixture import Weights, reassign

# Each constant below was chosen on uci_news_partial and googlenews_tset, whole, by section, thinned out to a few
# headlines a story, and with their telling words replaced by twenty names shared between stories (to stand in for
# one topic), and on the embedded corpus: one value for all, in the middle of the range in which all do well.

# Mean cosine at which headlines are linked into the first, small groups (0.05 to 0.12 do alike).
FIRST_THRESHOLD = 0.08

# Weight of the corpus, in stories of mean size, if all links lay inside the first groups (18 to 24 do alike), and
# modularity at which it falls no more: among many small stories few links are clean (0.3 to 0.34 do alike; with more,
# headlines of two years that nobody dated join by what is said every week).
_CORPUS_WEIGHT, _CLEAN_ENOUGH = 20.0, 0.31

# Modularity of the first groups below which there is nothing to tell apart (0.2 to 0.6 on all corpora named above).
_LEAST_MODULARITY = 0.05

# A story with words like any other's would need this share of all headlines to win one that could stand alone
# (0.06 to 0.2 do alike).
_LONER_SHARE = 0.12

# Relative change of the mean size at which the grain has settled (0.02 to 0.05 do alike), and rounds at most. Where a
# change is more than this share of the one before, there is no grain to settle at, only ever broader topics: so on
# 100,000 headlines of two years, after six rounds (0.85 and more do alike on the corpora named above).
_SETTLED, _SLOWING, _MAX_ROUNDS = 0.05, 0.9, 10

# Factor from grain to grain when fewer stories are asked for than were found, and how many times as many at most: with
# more to lose, broader stories join large ones of one topic, and merging does better (uci_news_partial).
_COARSER, _FAR = 2**0.5, 2.0


class Corpus(NamedTuple):
    """Hold what stories are found by: words, links, dates where known, merges, and word counts."""

    words: sp.csr_matrix
    graph: sp.csr_matrix
    dated: Dated | None
    tree: MergeTree
    word_counts: NDArray[np.int64]


def read_grain(corpus: Corpus) -> float:
    """Read the weight of the corpus, in words for each headline of a story of mean size, from how cleanly links fall.

    0 where links fall into no groups, as when there is but one story: its words are the corpus's, and links decide.
    """
    cleanly = modularity(corpus.graph, corpus.tree.cut(FIRST_THRESHOLD))
    words_each = corpus.words.nnz / max(corpus.words.shape[0], 1)
    return _CORPUS_WEIGHT * max(cleanly, _CLEAN_ENOUGH) ** 3 * words_each if cleanly > _LEAST_MODULARITY else 0.0


def weigh(weight: float, word_counts: NDArray[np.int64], n: int, mean_size: float) -> Weights:
    """Weigh the corpus against stories of a mean size; by no more words than it holds."""
    n_words = max(int(word_counts.sum()), 1)
    return Weights(float(np.clip(weight * mean_size, 1, n_words)), _LONER_SHARE * n, word_counts / n_words)


def find_stories(corpus: Corpus, weight: float) -> NDArray[np.int64]:
    """Let headlines move until the grain settles; return the story of each."""
    labels, last = corpus.tree.cut(FIRST_THRESHOLD), np.inf
    for _ in range(_MAX_ROUNDS if weight else 0):
        before = mean_size(np.bincount(labels))
        weights = weigh(weight, corpus.word_counts, len(labels), before)
        labels = reassign(corpus.words, labels, corpus.graph, weights, corpus.dated)
        change = abs(mean_size(np.bincount(labels)) / before - 1)
        if change < _SETTLED or change > _SLOWING * last:
            break
        last = change
    return labels


def make_stories(corpus: Corpus, found: NDArray[np.int64], weight: float, k: int) -> NDArray[np.int64]:
    """Make k stories of those found: look for finer or broader ones, and merge those that are left over."""
    found = _refine(corpus, found, weight, k) if found.max() + 1 < k else _broaden(corpus, found, weight, k)
    return _merge_smallest(link_groups(corpus.graph, found).cut(n_groups=k)[found], k)


def mean_size(sizes: NDArray[np.int64]) -> float:
    """Return the mean over headlines of the size of their story.

    Examples
    --------
    >>> mean_size(np.array([3, 1]))
    2.5
    """
    return float((sizes.astype(np.float64) ** 2).sum() / max(sizes.sum(), 1))


def modularity(graph: sp.csr_matrix, labels: NDArray[np.int64]) -> float:
    """Measure how cleanly links fall into groups: the share inside, less what chance gives (Newman and Girvan 2004).

    Examples
    --------
    >>> graph = sp.csr_matrix(np.kron(np.eye(2), [[0, 1], [1, 0]]))
    >>> modularity(graph, np.array([0, 0, 1, 1])), modularity(graph, np.array([0, 0, 0, 0]))
    (0.5, 0.0)
    """
    total = float(graph.data.sum()) or 1.0
    here = np.repeat(labels, np.diff(graph.indptr))
    inside = graph.data[here == labels[graph.indices]].sum() / total
    return float(inside - ((np.bincount(here, graph.data) / total) ** 2).sum())


def _refine(corpus: Corpus, found: NDArray[np.int64], weight: float, k: int) -> NDArray[np.int64]:
    """Lessen the weight of the corpus until there are at least k stories."""
    weights = weigh(weight, corpus.word_counts, len(found), mean_size(np.bincount(found)))
    start = corpus.tree.cut(FIRST_THRESHOLD, n_groups=min(2 * k, corpus.tree.n_leaves))
    while weights.corpus > 1:
        weights = replace(weights, corpus=weights.corpus / 2)
        finer = reassign(corpus.words, start, corpus.graph, weights, corpus.dated)
        if finer.max() + 1 >= k:
            return finer
    return start


def _broaden(corpus: Corpus, found: NDArray[np.int64], weight: float, k: int) -> NDArray[np.int64]:
    """Raise the weight of the corpus as long as that leaves fewer stories, but at least k.

    Where stories are small and many this takes singletons in that merging would join to whatever is nearest.
    """
    while weight and found.max() + 1 <= _FAR * k:
        weight *= _COARSER
        broader = find_stories(corpus, weight)
        if not k <= broader.max() + 1 < found.max() + 1:
            break
        found = broader
    return found


def _merge_smallest(labels: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Put the smallest groups together where links alone leave more than k."""
    sizes = np.bincount(labels)
    if len(sizes) <= k:
        return labels
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.minimum(rank, k - 1)[labels]
