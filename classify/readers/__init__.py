"""Read headlines from files, feeds, standard input and folders into batches of columns."""

from classify.readers.read import HeadlineReader, read_headlines

__all__ = [
    "HeadlineReader",
    "read_headlines",
]
