"""How frequent words are in other headlines of a language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classify.core.arrayfile import ArrayFile

_FILE = ArrayFile("classify-words", 1, 0, "file of word counts", "experiments/train_pairs.py", "run it again")

ENGLISH = Path(__file__).with_name("english.safetensors")


@dataclass(frozen=True)
class Background:
    """In how many of n other headlines of a language each word stands.

    Attributes
    ----------
    hashes
        Shape (n_words,), uint32, ascending: the upper halves of the hashes of `classify.features.tokens`.
    counts
        Shape (n_words,): headlines that contain the word.
    n
        Headlines counted.

    Examples
    --------
    >>> background = Background(np.array([2, 5], np.uint32), np.array([30, 4], np.int32), 100)
    >>> background.frequency(np.array([5 << 32, 9 << 32], np.uint64)).tolist()
    [4, 0]
    """

    hashes: NDArray[np.uint32]
    counts: NDArray[np.int32]
    n: int

    def frequency(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return in how many headlines each word stands, 0 where it is unknown."""
        short = (hashes >> np.uint64(32)).astype(np.uint32)
        if not len(self.hashes):
            return np.zeros(len(hashes), np.int64)
        at = np.minimum(np.searchsorted(self.hashes, short), len(self.hashes) - 1)
        return np.where(self.hashes[at] == short, self.counts[at], 0).astype(np.int64)

    def write(self, path: Path) -> None:
        """Write the words to a file."""
        path.write_bytes(_FILE.pack({"hashes": self.hashes, "counts": self.counts}, n=self.n))


@cache
def english() -> Background:
    """Return the words of English headlines that come with the package.

    Examples
    --------
    >>> from classify.features.tokens import tokenize
    >>> import pyarrow as pa
    >>> the, zebra = english().frequency(tokenize(pa.array(["the zebra"])).hashes)
    >>> bool(the > 100 * zebra)
    True
    """
    return _FILE.load(ENGLISH, lambda header, arrays: Background(arrays["hashes"], arrays["counts"], int(header["n"])))
