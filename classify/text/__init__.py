"""Clean headlines: HTML entities, white space, and the publisher at the end."""

from classify.text.clean import clean, count_suffixes, find_suffixes

__all__ = [
    "clean",
    "count_suffixes",
    "find_suffixes",
]
