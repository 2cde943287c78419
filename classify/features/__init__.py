"""Turn headlines into TF-IDF rows of words and character n-grams."""

from classify.features.vectorizer import TfidfVectorizer

__all__ = [
    "TfidfVectorizer",
]
