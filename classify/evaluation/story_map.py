"""Stories on a plane, like beside like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features import TfidfVectorizer

N_DIMENSIONS = 50
PERPLEXITY = 20.0


def place_stories(headlines: pa.Array, members: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Find a place for each story, such that stories with like words stand close together.

    t-SNE (scikit-learn's) of the mean TF-IDF rows of the stories, in 50 LSA dimensions. Only neighbourhoods mean
    anything; distances across the map do not.

    Parameters
    ----------
    headlines
        Clean headlines.
    members
        The row numbers of each of n stories.

    Returns
    -------
    Shape (n, 2).

    Examples
    --------
    >>> texts = pa.array(["Rovers win", "Rovers lose", "Tax vote"])
    >>> place_stories(texts, [np.array([0, 1]), np.array([2])]).shape
    (2, 2)
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    centres = _centres(headlines, members)
    n = len(members)
    # One thread: sums of several threads would depend on how many there are.
    with threadpool_limits(limits=1):
        size = min(N_DIMENSIONS, n - 1, centres.shape[1] - 1)
        if size < 2 or n < 5:
            return np.stack([np.arange(n, dtype=float), np.zeros(n)], axis=1)
        dense = TruncatedSVD(size, random_state=0).fit_transform(centres)
        perplexity = min(PERPLEXITY, (n - 1) / 3)
        return np.asarray(TSNE(perplexity=perplexity, random_state=0).fit_transform(dense), float)


def _centres(headlines: pa.Array, members: Sequence[NDArray[np.int64]]) -> sp.csr_matrix:
    """Average the rows of each story; unit length."""
    rows = np.concatenate(members)
    try:
        words = TfidfVectorizer(word_ngrams=(1, 1), char_ngrams=None).fit_transform(headlines.take(pa.array(rows)))
    except ValueError:  # headlines without a single word
        words = sp.csr_matrix((len(rows), 1))
    sizes = [len(each) for each in members]
    story = np.repeat(np.arange(len(members)), sizes)
    sums = sp.csr_matrix((np.ones(len(rows)), (story, np.arange(len(rows)))), shape=(len(members), len(rows))) @ words
    norms = np.sqrt(np.asarray(sums.multiply(sums).sum(axis=1)).ravel())
    return sp.csr_matrix(sp.diags_array(1 / np.where(norms > 0, norms, 1)) @ sums)
