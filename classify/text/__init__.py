"""Clean headlines: HTML entities, white space, and the publisher at the end."""

from classify.text.clean import clean, count_tails, find_tails

__all__ = [
    "clean",
    "count_tails",
    "find_tails",
]
