"""Turn headlines into TF-IDF rows of words and character n-grams, and learn words from unlabelled headlines."""

from classify.features.background import Background, learn_background
from classify.features.backgroundfile import load_background, save_background
from classify.features.vectorizer import TfidfVectorizer

__all__ = [
    "Background",
    "TfidfVectorizer",
    "learn_background",
    "load_background",
    "save_background",
]
