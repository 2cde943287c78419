"""Which story each headline belongs to, by the words of the stories: k-means in the likelihood of words.

The Dirichlet-multinomial mixture (Yin and Wang, "A Dirichlet multinomial mixture model-based approach for short text
clustering", 2014), with hard assignments as in k-means and the corpus's word distribution p as its base: a story z of
n_z words in which word w stands n_zw times gives headline d the score

    ln m_z + sum over its words of ln((n_zw + b p_w) / ((n_z + b) p_w)),

the log of its size times how many times likelier the story makes the words than the corpus does, the headline itself
left out of its own story. Standing alone scores ln(alpha). The more weight b on the corpus, the broader the stories;
b follows the size of the stories found, and thus the grain is read from the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.days import Dated
from classify.stories.links import best_of_each, group_sums, number_by_appearance

# Stories a headline considers, those to which it has most links (3 to 12 do alike).
_N_CANDIDATES = 3

# Share of the stories in which a word may stand to be used in the search for likely stories, and headlines searched at
# a time.
_SPREAD, _SEARCHED = 0.05, 2000

# Pairs of headline and story scored at a time.
_CHUNK = 20_000


@dataclass(frozen=True)
class Stories:
    """Hold what stories are made of: their word counts and sizes.

    Attributes
    ----------
    counts
        Shape (n_stories, n_words): in how many of the story's headlines each word stands; indices sorted.
    sizes
        Shape (n_stories,): how many headlines each story has.
    """

    counts: sp.csr_matrix
    sizes: NDArray[np.int64]

    def __add__(self, other: Stories) -> Stories:
        """Add up story by story; the shorter one is filled with empty stories."""
        n = max(len(self.sizes), len(other.sizes))
        first, second = self._padded(n), other._padded(n)
        counts = (first.counts + second.counts).tocsr()
        counts.sort_indices()
        return Stories(counts, first.sizes + second.sizes)

    def _padded(self, n: int) -> Stories:
        """Add empty stories up to n."""
        more = n - len(self.sizes)
        if more == 0:
            return self
        indptr = np.append(self.counts.indptr, np.repeat(self.counts.indptr[-1:], more))
        counts = sp.csr_matrix((self.counts.data, self.counts.indices, indptr), shape=(n, self.counts.shape[1]))
        return Stories(counts, np.append(self.sizes, np.zeros(more, np.int64)))


@dataclass(frozen=True)
class Weights:
    """Hold what a headline is weighed against.

    Attributes
    ----------
    corpus
        b, in words: how much the corpus counts beside a story's own words.
    singleton
        alpha, in headlines: how large a story with words like any other's would have to be to win a headline.
    word_share
        p, shape (n_words,): the share of each word in the corpus.
    """

    corpus: float
    singleton: float
    word_share: NDArray[np.float64]


class Pairs(NamedTuple):
    """Pairs of headline and story to score, by headline."""

    headline: NDArray[np.int64]
    story: NDArray[np.int64]


def gather_stories(words: sp.csr_matrix, labels: NDArray[np.int64], n_stories: int) -> Stories:
    """Add up the headlines of each story.

    Examples
    --------
    >>> words = sp.csr_matrix(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0]]))
    >>> stories = gather_stories(words, np.array([0, 0, 1]), 2)
    >>> stories.counts.toarray().tolist(), stories.sizes.tolist()
    ([[1, 2, 1], [1, 0, 0]], [2, 1])
    """
    return Stories(group_sums(labels, words, n_stories), np.bincount(labels, minlength=n_stories))


def reassign(
    words: sp.csr_matrix,
    labels: NDArray[np.int64],
    graph: sp.csr_matrix,
    weights: Weights,
    dated: Dated | None = None,
    known: Stories | None = None,
    candidates: Pairs | None = None,
    max_iter: int = 2,
) -> NDArray[np.int64]:
    """Move headlines to the story that explains their words best, again and again.

    A headline considers the stories of its neighbours in the graph and the candidates given, and standing alone.

    Parameters
    ----------
    words
        Ones where a word stands in a headline, shape (n, n_words).
    labels
        The story of each headline to begin with. Stories from `known` have the first numbers.
    graph
        Links between headlines, by their strength, shape (n, n).
    weights
        What a headline is weighed against; with ``singleton=0`` no headline leaves its story to stand alone.
    dated
        When the headlines and those of the known stories appeared: its evidence adds to a story's score.
    known
        Stories of other headlines, which do not move.
    candidates
        Further pairs of headline and story to consider.
    max_iter
        At most this many rounds; fewer when fewer than one headline in a thousand moves.

    Returns
    -------
    :
        The story of each headline. Known stories keep their numbers, the others follow by first appearance.
    """
    known = known or Stories(sp.csr_matrix((0, words.shape[1])), np.zeros(0, np.int64))
    n, n_known = len(labels), len(known.sizes)
    candidates = candidates or Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    touched = None
    for _ in range(max_iter):
        n_stories = max(n_known, int(labels.max(initial=-1)) + 1)
        pairs = _consider(labels, graph, candidates, n_stories, touched)
        stories = known + gather_stories(words, labels, n_stories)
        own = labels[pairs.headline] == pairs.story
        scores = score_pairs(words, *pairs, stories, weights, own)
        if dated is not None:
            scores += dated.calendar(labels).weigh(dated.days[pairs.headline], pairs.story, own)
        best = _best_story(labels, pairs, scores, stories.sizes, weights.singleton)
        moved = best != labels
        touched = np.zeros(n_stories + n, bool)
        touched[labels[moved]] = touched[best[moved]] = True
        labels, touched = _renumber(best, n_known, touched)
        if moved.sum() <= n / 1000:
            break
    return labels


def likely_stories(words: sp.csr_matrix, stories: Stories, weights: Weights, n_best: int) -> Pairs:
    """Find the stories whose words speak most for each headline, without regard to their sizes.

    Examples
    --------
    >>> stories = gather_stories(sp.csr_matrix(np.array([[1.0, 1, 0], [0, 1, 1]])), np.array([0, 1]), 2)
    >>> weights = Weights(1.0, 1.0, np.array([0.25, 0.5, 0.25]))
    >>> headline, story = likely_stories(sp.csr_matrix(np.array([[0.0, 1, 1]])), stories, weights, 1)
    >>> headline.tolist(), story.tolist()
    ([0], [1])
    """
    counts = stories.counts
    evidence = np.log1p(counts.data / (weights.corpus * weights.word_share[counts.indices]))
    table = sp.csr_matrix((evidence, counts.indices, counts.indptr), shape=counts.shape)
    # A word in very many stories tells little and costs most: the search leaves it out, the scores do not.
    spread = np.bincount(counts.indices, minlength=counts.shape[1])
    wanted = spread <= max(_SPREAD * counts.shape[0], 10)
    by_word = table.T.tocsr()
    found = []
    for start in range(0, words.shape[0], _SEARCHED):
        part = words[start : start + _SEARCHED]
        part = sp.csr_matrix((wanted[part.indices] * 1.0, part.indices, part.indptr), shape=part.shape)
        part.eliminate_zeros()
        sums = (part @ by_word).tocsr()
        headline = np.repeat(np.arange(part.shape[0]), np.diff(sums.indptr))
        best = best_of_each(headline, sums.data, n_best)
        found.append((headline[best] + start, sums.indices[best].astype(np.int64)))
    headlines, story = zip(*found, strict=True) if found else ((), ())
    nothing = np.zeros(0, np.int64)
    return Pairs(np.concatenate([nothing, *headlines]), np.concatenate([nothing, *story]))


def score_pairs(
    words: sp.csr_matrix,
    headline: NDArray[np.int64],
    story: NDArray[np.int64],
    stories: Stories,
    weights: Weights,
    own: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Score headlines against stories by the formula at the head of this module.

    Parameters
    ----------
    words
        Ones where a word stands in a headline, shape (n, n_words).
    headline, story
        The pairs to score, shape (n_pairs,).
    stories
        Word counts and sizes.
    weights
        What a headline is weighed against.
    own
        Pairs in which the headline is counted in the story, and is to be left out.

    Returns
    -------
    :
        Shape (n_pairs,), in nats; minus infinity for a story without other headlines.
    """
    n_words = stories.counts.shape[1]
    of_story = np.repeat(np.arange(len(stories.sizes), dtype=np.int64), np.diff(stories.counts.indptr))
    table = of_story * n_words + stories.counts.indices
    totals = np.bincount(of_story, stories.counts.data, minlength=len(stories.sizes))
    prior = weights.corpus * weights.word_share
    scores = np.empty(len(headline))
    # In order of the stories, so that each chunk needs a small part of the table, which stays in the cache.
    by_story = np.argsort(story, kind="stable")
    for start in range(0, len(headline), _CHUNK):
        part = by_story[start : start + _CHUNK]
        d, z, mine = headline[part], story[part], own[part]
        lengths = np.diff(words.indptr)[d]
        pair = np.repeat(np.arange(len(d)), lengths)
        at = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths - words.indptr[d], lengths)
        word = words.indices[at]
        inside = slice(stories.counts.indptr[z[0]], stories.counts.indptr[z[-1] + 1])
        count = _look_up(table[inside], stories.counts.data[inside], z[pair] * n_words + word) - mine[pair]
        found = np.flatnonzero(count)
        evidence = np.bincount(pair[found], np.log1p(count[found] / prior[word[found]]), minlength=len(d))
        with np.errstate(divide="ignore"):
            size = np.log(stories.sizes[z] - mine)
        scores[part] = size + evidence - lengths * np.log1p((totals[z] - mine * lengths) / weights.corpus)
    return scores


def _best_story(
    labels: NDArray[np.int64], pairs: Pairs, scores: NDArray[np.float64], sizes: NDArray[np.int64], singleton: float
) -> NDArray[np.int64]:
    """Choose the best story of each headline that has pairs; a number past the last story stands for a new one."""
    headline, story = pairs
    best = labels.copy()
    if not len(headline):
        return best
    starts = np.flatnonzero(np.append(True, headline[1:] != headline[:-1]))
    highest = np.maximum.reduceat(scores, starts)
    # Written backwards, so that the first of equals stands.
    winners = np.flatnonzero(scores == np.repeat(highest, np.diff(np.append(starts, len(scores)))))[::-1]
    best[headline[winners]] = story[winners]
    row = headline[starts]
    with np.errstate(divide="ignore"):
        alone = highest < np.log(singleton)
    alone |= np.isneginf(highest)
    best[row[alone]] = labels[row[alone]]
    leaves = row[alone & (sizes[labels[row]] > 1) & (singleton > 0)]
    best[leaves] = len(sizes) + leaves
    return best


def _consider(
    labels: NDArray[np.int64],
    graph: sp.csr_matrix,
    fixed: Pairs,
    n_stories: int,
    touched: NDArray[np.bool_] | None,
) -> Pairs:
    """Pair each headline with the stories it considers; only headlines for which something has changed."""
    n = len(labels)
    member = sp.csr_matrix((np.ones(n), labels, np.arange(n + 1)), shape=(n, n_stories))
    near = (graph @ member).tocsr()
    near.sort_indices()
    headline = np.repeat(np.arange(n), np.diff(near.indptr))
    best = best_of_each(headline, near.data, _N_CANDIDATES)
    headline, story = headline[best], near.indices[best]
    without_own = np.ones(n, bool)
    without_own[headline[story == labels[headline]]] = False
    own = np.flatnonzero(without_own)
    headline = np.concatenate([headline, own, fixed.headline])
    order = np.argsort(headline, kind="stable")
    headline, story = headline[order], np.concatenate([story, labels[own], fixed.story])[order]
    if touched is not None:
        active = np.zeros(n, bool)
        active[headline[touched[story]]] = True
        kept = active[headline]
        headline, story = headline[kept], story[kept]
    return Pairs(headline, story)


def _renumber(
    labels: NDArray[np.int64], n_known: int, touched: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Close the gaps in the numbers of new stories, and carry over which stories have changed."""
    # Prepending the known stories in order makes them appear first, under their own numbers.
    everything = np.append(np.arange(n_known), labels)
    numbers = number_by_appearance(everything)
    carried = np.zeros(int(numbers.max(initial=-1)) + 1, bool)
    carried[numbers] = touched[everything]
    return numbers[n_known:], carried


def _look_up(table: NDArray[np.int64], values: NDArray[Any], keys: NDArray[np.int64]) -> NDArray[np.float64]:
    """Find the value of each key in a sorted table; 0 where it has none."""
    if not len(table):
        return np.zeros(len(keys))
    at = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return np.where(table[at] == keys, values[at], 0.0)
