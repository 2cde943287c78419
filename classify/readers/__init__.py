"""Read headlines from files, feeds, standard input and folders into batches of columns."""

from classify.readers.read import FORMATS, HeadlineReader, InputFormat, read_headlines

__all__ = [
    "FORMATS",
    "HeadlineReader",
    "InputFormat",
    "read_headlines",
]
