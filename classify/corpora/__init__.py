"""The embedded corpus, and public corpora of headlines: where they are and how they are laid out."""

from classify.corpora.known import CORPORA, convert, fetch, load_sample

__all__ = [
    "CORPORA",
    "convert",
    "fetch",
    "load_sample",
]
