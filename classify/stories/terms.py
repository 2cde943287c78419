"""Terms that distinguish stories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features import TfidfVectorizer
from classify.stories.sums import best_of_each, group_sums

# Terms considered for each story, and terms kept, at least and at most; most of those considered are fragments or
# repeats.
_CONSIDERED, _FEWEST, _KEPT = 16, 3, 6

# A word in at least five headlines is common when two of its headlines share a story less than five times as often as
# any two headlines. On the embedded corpus and on BBC headlines "after" and "from" reach 5 at most, "city" and "win" 10
# and more; in between are "trump" and "has", which may be terms but not the first or last word of one. Where stories
# are so large that a fifth of all pairs of headlines share one, less is enough.
_FREQUENT, _CLUMPED, _CLUMPED_END, _CLUMPED_SHARE = 5, 5.0, 10.0, 0.2

_IDEOGRAPH = re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")

# Words in scikit-learn's list of English function words that can be news ("fire in Lisbon", "tax bill", "US"), and
# function words missing from it. Both chosen by reading the list, not by a score.
_NOT_FILLERS = frozenset(("bill", "cry", "fire", "interest", "mill", "mine", "system", "us"))
_MORE_FILLERS = frozenset(("say", "says", "said", "live", "updates", "ll", "ve", "isn", "doesn", "didn"))

# A term must be this many times as frequent in a story's headlines as in the others.
_MIN_LIFT = 3.0


def count_terms(texts: list[str]) -> tuple[sp.csr_matrix, NDArray[np.object_]]:
    """Return unit rows of the words and pairs of words of headlines, and their names."""
    vectorizer = TfidfVectorizer(char_ngrams=None)
    try:
        rows = vectorizer.fit_transform(texts)
    except ValueError:  # no headline has a word
        return sp.csr_matrix((len(texts), 0)), np.zeros(0, object)
    return rows, vectorizer.get_feature_names_out()


def telling_terms(
    terms: sp.csr_matrix,
    names: NDArray[np.object_],
    labels: NDArray[np.int64],
    n_stories: int,
    publishers: frozenset[str] = frozenset(),
) -> list[tuple[str, ...]]:
    """Choose up to six terms for each story that distinguish it from the others.

    A term is scored by the number of the story's headlines that contain it times the log of its lift: its share of the
    story's headlines over its share of all others. Left out are single letters, numbers, English function words, other
    words as common in all stories, pairs that begin or end in such a word, and terms that repeat a better one ("trump"
    and "trumps"). Terms that only one of several headlines contains come last, and only up to three terms in all.

    Parameters
    ----------
    terms
        Non-zero where a headline contains a term, shape (n, n_terms).
    names
        The terms, shape (n_terms,); pairs of words are separated by a space.
    labels
        The story of each headline.
    n_stories
        The number of stories.
    publishers
        Names of publishers in the form of `names`, which are left out.

    Examples
    --------
    >>> terms = sp.csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1]]))
    >>> telling_terms(terms, np.array(["the", "budget", "final"], object), np.array([0, 0, 1, 1]), 2)
    [('budget',), ('final',)]
    """
    held = sp.csr_matrix((np.ones(terms.nnz), terms.indices, terms.indptr), shape=terms.shape)
    counts = group_sums(labels, held, n_stories)
    story = np.repeat(np.arange(n_stories), np.diff(counts.indptr))
    sizes = np.bincount(labels, minlength=n_stories)
    frequency = np.bincount(terms.indices, minlength=terms.shape[1])
    elsewhere = (frequency[counts.indices] - counts.data + 0.5) / (len(labels) - sizes[story] + 1)
    lift = counts.data / sizes[story] / elsewhere
    rare = (counts.data < 2) & (sizes[story] > 1)
    column = pa.array(names, pa.string())
    is_pair = pc.match_substring(column, " ").to_numpy(zero_copy_only=False)
    ends = _ends(column)
    clumped = _clumped(counts, frequency, sizes)
    first, last = (clumped[_positions(end, column)] for end in ends)
    common = np.where(is_pair, np.minimum(first, last) < _CLUMPED_END / _CLUMPED, clumped < 1) | _are_fillers(ends)
    common |= pc.is_in(column, value_set=pa.array(sorted(publishers), pa.string())).to_numpy(zero_copy_only=False)
    fits = ~common[counts.indices] & (lift >= np.minimum(_MIN_LIFT, lift.max(initial=0)))
    fits &= ~(is_pair[counts.indices] & rare)
    story, term, rare = story[fits], counts.indices[fits], rare[fits]
    score = (counts.data * np.log(lift + 1))[fits]
    best = best_of_each(story, np.where(rare, score - score.max(initial=0) - 1, score), _CONSIDERED)
    bounds = np.searchsorted(story[best], np.arange(n_stories + 1))
    ranked, last_resort = names[term[best]], rare[best]
    return [_without_repeats(ranked[low:high], last_resort[low:high]) for low, high in pairwise(bounds)]


def _are_fillers(ends: Sequence[pa.Array]) -> NDArray[np.bool_]:
    """Flag the terms that begin or end in an English function word; small stories have no counts to show it."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    fillers = pa.array(sorted((ENGLISH_STOP_WORDS | _MORE_FILLERS) - _NOT_FILLERS))
    first, last = (pc.is_in(end, value_set=fillers).to_numpy(zero_copy_only=False) for end in ends)
    return np.asarray(first | last)


def as_terms(publishers: Iterable[str]) -> frozenset[str]:
    """Return names of publishers as terms are written.

    Examples
    --------
    >>> sorted(as_terms(["The Hill", "BBC News"]))
    ['bbc', 'bbc news', 'hill', 'the hill']
    """
    found = set()
    for name in publishers:
        words = re.findall(r"\w+", name.lower())
        found |= {" ".join(words), " ".join(words[1:] if words[:1] == ["the"] else words[:1])}
    return frozenset(found - {""})


def _ends(names: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the first and the last word of each term."""
    return pc.replace_substring_regex(names, " .*", ""), pc.replace_substring_regex(names, ".* ", "")


def _positions(words: pa.Array, names: pa.Array) -> NDArray[np.int64]:
    """Return the position of a word of each term among the terms; the term's own where the word is not a term."""
    found = pc.index_in(words, value_set=names)
    return np.asarray(pc.coalesce(found, pa.array(np.arange(len(names), dtype=np.int32))), np.int64)


def _clumped(counts: sp.csr_matrix, frequency: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how often two headlines with a term share a story, relative to any two; below 1 the term is common."""
    together = np.bincount(counts.indices, counts.data * (counts.data - 1), minlength=counts.shape[1])
    n = max(int(sizes.sum()), 2)
    chance = max(float((sizes * (sizes - 1.0)).sum()) / (n * (n - 1)), 1e-12)
    times = together / np.maximum(frequency * (frequency - 1.0), 1) / chance
    return np.where(frequency >= _FREQUENT, times / min(_CLUMPED, _CLUMPED_SHARE / chance), np.inf)


def _without_repeats(ranked: NDArray[np.object_], last_resort: NDArray[np.bool_]) -> tuple[str, ...]:
    """Keep the best terms that are not fragments and share no word with a better one."""
    kept: list[str] = []
    # Words that are alike have the same first three letters.
    seen: dict[str, list[str]] = {}
    for name, only_if_few in zip(ranked, last_resort, strict=True):
        words = name.split()
        if len(kept) >= (_FEWEST if only_if_few else _KEPT):
            break
        if min(map(len, words)) == 1 and any(map(_is_fragment, words)):
            continue
        if name[-1].isdigit() and all(map(str.isdigit, words)):
            continue
        if not any(_are_alike(word, other) for word in words for other in seen.get(word[:3], ())):
            kept.append(_join(words))
            for word in words:
                seen.setdefault(word[:3], []).append(word)
    return tuple(kept)


def _is_fragment(word: str) -> bool:
    """Return whether a word is a single letter, such as the s of "Keeper's"; an ideograph is not."""
    return len(word) == 1 and not _is_ideograph(word) and not word.isdigit()


def _are_alike(word: str, other: str) -> bool:
    """Return whether two words have a common stem and differ by at most three letters at the end."""
    if word[0] != other[0]:
        return False
    short, long = (word, other) if len(word) <= len(other) else (other, word)
    if short == long:
        return True
    stem = len(short) - 1 if len(short) > 4 else len(short)
    return len(short) >= 3 and len(long) - len(short) <= 3 and long.startswith(short[:stem]) and not long.isdigit()


def _join(words: list[str]) -> str:
    """Join words, ideographs without a space."""
    return ("" if all(map(_is_ideograph, words)) else " ").join(words)


def _is_ideograph(word: str) -> bool:
    """Return whether a word is one Chinese or Japanese character."""
    return len(word) == 1 and word >= "\u3005" and _IDEOGRAPH.fullmatch(word) is not None
