"""Clean headlines: HTML entities, white space, and the publisher at the end."""

from classify.text.clean import clean, clean_corpus, count_suffixes, find_suffixes

__all__ = [
    "clean",
    "clean_corpus",
    "count_suffixes",
    "find_suffixes",
]
