"""Generated headlines, TF-IDF in plain Python, and comparisons, for the tests of the vectorizer."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from classify.features.tokens import tokenize

WORDS = ["a", "to", "be", "cup", "cups", "rovers", "über", "हिन्दी", "東京", "가나", "2025", "don't", "!", "ﬁt", "fit"]
HEADLINES = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.text(st.sampled_from("ab é東-"), max_size=8),
)
CORPORA = st.lists(HEADLINES, min_size=1, max_size=8).filter(lambda headlines: any(words_of_all(headlines)))
WORDS_ONLY = {"char_ngrams": None}
FEW = settings(max_examples=15)


def words_of_all(headlines):
    """The words of each headline."""
    tokens = tokenize(pa.array(headlines, pa.string()))
    spelled = tokens.strings()
    return [spelled[a:b] for a, b in pairwise(tokens.indptr)]


def words_of(headline):
    """The words of one headline."""
    return words_of_all([headline])[0]


def as_dicts(vectorizer, rows):
    """Each row as a dict from the name of a column to its value."""
    names = vectorizer.get_feature_names_out()
    assert len(names) == rows.shape[1] == len(set(names)) == vectorizer.n_features_out_
    return [dict(zip(names[row.indices], row.data.tolist(), strict=True)) for row in rows]


def assert_rows(found, expected):
    """Compare rows given as dicts; a value of zero may be left out."""
    for one, other in zip(found, expected, strict=True):
        for term in one.keys() | other.keys():
            assert one.get(term, 0) == pytest.approx(other.get(term, 0), abs=1e-6), term


class NaiveVectorizer:
    """The definition in the docstring of `TfidfVectorizer`, in dicts."""

    def __init__(
        self, word_ngrams=(1, 2), char_ngrams=(2, 5), min_df=1, sublinear_tf=True, char_weight=0.7, char_max_df=50
    ):
        self.word_ngrams, self.char_ngrams, self.min_df = word_ngrams, char_ngrams, min_df
        self.sublinear_tf, self.char_weight, self.char_max_df = sublinear_tf, char_weight, char_max_df

    def fit(self, headlines):
        self.n = len(headlines)
        rows = words_of_all(headlines)
        self.df = Counter(word for row in rows for word in set(row))
        df = Counter(term for row in rows for term in set(self.terms(row)))
        self.idf = {term: self.rarity(count, self.n) for term, count in df.items() if count >= self.min_df}
        rare = [word for word in self.df if self.is_rare(word)]
        in_words = Counter(gram for word in rare for gram in set(self.grams(word)))
        in_headlines = Counter(
            gram for row in rows for gram in {g for word in row if self.is_rare(word) for g in self.grams(word)}
        )
        self.char_idf = {
            gram: self.rarity(count, max(len(rare), 1))
            for gram, count in in_words.items()
            if in_headlines[gram] >= self.min_df
        }
        return self

    def terms(self, row):
        pairs = [f"{a} {b}" for a, b in pairwise(row)]
        return {None: [], (1, 1): row, (1, 2): row + pairs}[self.word_ngrams]

    def is_rare(self, word):
        return self.char_ngrams is not None and (self.char_max_df is None or self.df.get(word, 0) <= self.char_max_df)

    def grams(self, word):
        shortest, longest = self.char_ngrams
        padded = f" {word} "
        sizes = range(shortest, longest + 1)
        return [padded[i : i + size] for size in sizes for i in range(len(padded) - size + 1)]

    def rarity(self, df, n):
        return math.log((1 + n) / (1 + df)) + 1

    def weigh(self, terms, idf):
        counts = Counter(term for term in terms if term in idf)
        tf = {term: 1 + math.log(n) if self.sublinear_tf else n for term, n in counts.items()}
        length = math.sqrt(sum((tf[term] * idf[term]) ** 2 for term in tf))
        return {term: tf[term] * idf[term] / length for term in tf}

    def transform(self, headlines):
        return [self.row(row) for row in words_of_all(headlines)]

    def row(self, row):
        found = self.weigh(self.terms(row), self.idf)
        shares = self.weigh(row, {word: self.rarity(self.df.get(word, 0), self.n) for word in row})
        for word, share in shares.items():
            if self.is_rare(word):
                for gram, value in self.weigh(self.grams(word), self.char_idf).items():
                    name = f"char:{gram}"
                    found[name] = found.get(name, 0) + self.char_weight * share * value
        return found


def assert_same_bits(one, other):
    """Compare two sparse matrices to the last bit."""
    assert one.shape == other.shape
    assert one.indptr.tolist() == other.indptr.tolist()
    assert one.indices.tolist() == other.indices.tolist()
    assert one.data.tobytes() == other.data.tobytes()


def many_headlines(n):
    """Headlines of 0 to 14 words of many scripts, some words rare and some frequent."""
    draw = random.Random(1)
    pool = WORDS + [f"word{i}" for i in range(300)] + ["Ärger", "विश्व", "กรุงเทพ", "新闻", "الانتخابات", "🎉"]
    pick = [pool[min(int(draw.expovariate(0.02)), len(pool) - 1)] for _ in range(15 * n)]
    return [" ".join(pick[15 * i : 15 * i + draw.randrange(15)]) for i in range(n)]
