"""Headlines and sections from pandas, Polars, Arrow and anything with Arrow's stream give what lists give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from classify import HeadlineClassifier, StoryClusterer, TfidfVectorizer, clean, near_duplicate_groups

HEADLINES = ["Rovers win the cup", "MPs vote on tax", "Striker signs for Rovers", "Senate passes tax bill"] * 3
SECTIONS = ["sport", "politics"] * 6


class Stream:
    """An object of some library that has nothing but Arrow's stream."""

    def __init__(self, of):
        self.of = of

    def __arrow_c_stream__(self, requested_schema=None):
        return self.of.__arrow_c_stream__(requested_schema)


class Column:
    """The same for one array."""

    def __init__(self, of):
        self.of = of

    def __arrow_c_array__(self, requested_schema=None):
        return self.of.__arrow_c_array__(requested_schema)


COLUMNS = {
    "pandas, any index": lambda values: pd.Series(values, index=range(100, 100 - len(values), -1)),
    "pandas, one index": lambda values: pd.Series(values, index=[7] * len(values)),
    "pandas objects": lambda values: pd.Series(values, dtype=object),
    "pandas string": lambda values: pd.Series(values, dtype="string"),
    "pandas category": lambda values: pd.Series(values, dtype="category"),
    "Polars": pl.Series,
    "Polars categories": lambda values: pl.Series(values, dtype=pl.Categorical),
    "Arrow in chunks": lambda values: pa.chunked_array([values[:2], values[2:]]),
    "Arrow's stream": lambda values: Stream(pa.chunked_array([values[:2], values[2:]])),
    "stream of views": lambda values: Stream(pl.Series(values)),
    "stream of a dictionary": lambda values: Stream(pa.chunked_array([pa.array(values).dictionary_encode()])),
    "NumPy": np.array,
    "NumPy objects": lambda values: np.array(values, object),
    "tuple": tuple,
}
TABLES = {
    "pandas frame": lambda values: pd.DataFrame({"text": values}, index=range(5, 5 + len(values))),
    "Polars frame": lambda values: pl.DataFrame({"text": values}),
    "Arrow table": lambda values: pa.table({"text": values}),
    "Arrow batch": lambda values: pa.record_batch({"text": values}),
    "stream of a table": lambda values: Stream(pa.table({"text": values})),
    "one array": lambda values: Column(pa.array(values)),
}


@pytest.fixture(scope="module")
def fitted():
    return HeadlineClassifier(n_folds=2).fit(HEADLINES, SECTIONS)


@pytest.mark.parametrize("form", COLUMNS | TABLES)
class TestHeadlines:
    def given(self, form):
        return (COLUMNS | TABLES)[form](HEADLINES)

    def test_labelled(self, form, fitted):
        assert fitted.predict(self.given(form)).tolist() == fitted.predict(HEADLINES).tolist()
        assert fitted.predict_headlines(self.given(form)) == fitted.predict_headlines(HEADLINES)
        assert fitted.score(self.given(form), SECTIONS) == 1

    def test_learned_from(self, form, fitted):
        again = HeadlineClassifier(n_folds=2).fit(self.given(form), SECTIONS)
        assert np.array_equal(again.predict_proba(HEADLINES), fitted.predict_proba(HEADLINES))

    def test_grouped_into_stories(self, form):
        one, other = StoryClusterer().fit(self.given(form)), StoryClusterer().fit(HEADLINES)
        assert one.labels_.tolist() == other.labels_.tolist()
        assert one.assign(self.given(form)).tolist() == other.assign(HEADLINES).tolist()

    def test_prepared(self, form):
        assert clean(self.given(form)).to_pylist() == HEADLINES
        assert near_duplicate_groups(self.given(form)).tolist() == near_duplicate_groups(HEADLINES).tolist()
        rows = TfidfVectorizer().fit_transform(self.given(form))
        assert (rows != TfidfVectorizer().fit_transform(HEADLINES)).nnz == 0


@pytest.mark.parametrize("form", COLUMNS)
def test_sections_in_any_column(form, fitted):
    sections = COLUMNS[form](SECTIONS)
    again = HeadlineClassifier(n_folds=2).fit(HEADLINES, sections)
    assert again.classes_.tolist() == ["politics", "sport"]
    assert np.array_equal(again.predict_proba(HEADLINES), fitted.predict_proba(HEADLINES))
    assert fitted.score(HEADLINES, sections) == 1


MISSING = {
    "list": ["Rovers win", None, float("nan"), pd.NA, np.nan],
    "pandas objects": pd.Series(["Rovers win", None, float("nan"), pd.NA, pd.NaT], dtype=object),
    "pandas string": pd.Series(["Rovers win", None, None, None, None], dtype="string"),
    "pandas category": pd.Series(["Rovers win", None, None, None, None], dtype="category"),
    "Polars": pl.Series(["Rovers win", None, None, None, None]),
    "Polars frame": pl.DataFrame({"text": ["Rovers win", None, None, None, None]}),
    "Arrow's stream": Stream(pa.chunked_array([["Rovers win"], pa.nulls(4, pa.string())])),
}


@pytest.mark.parametrize("form", MISSING)
def test_missing_headlines_have_no_section_and_stories_of_their_own(form, fitted):
    answers = fitted.predict_headlines(MISSING[form])
    assert [answer.section for answer in answers] == ["sport", None, None, None, None]
    assert [answer.probability is None for answer in answers] == [False, True, True, True, True]
    assert StoryClusterer().fit(MISSING[form]).labels_.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("form", [form for form in MISSING if form != "Polars frame"])
def test_missing_sections_are_an_error(form):
    with pytest.raises(ValueError, match="4 of 5 sections are blank"):
        HeadlineClassifier(n_folds=2).fit(HEADLINES[:5], MISSING[form])


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table, lambda columns: Stream(pa.table(columns))])
def test_a_table_of_several_columns_is_one_sentence(library, fitted):
    with pytest.raises(ValueError, match=r"expected one .*df\['headline'\]") as caught:
        fitted.predict(library({"text": ["a"], "other": ["b"]}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [pl.Series([1, 2]), pl.Series([[1]]), pl.LazyFrame({"text": ["a"]}), Stream(pa.chunked_array([[1.5]]))]
)
def test_what_is_not_text_is_one_sentence(wrong, fitted):
    with pytest.raises(ValueError, match=r"headlines (of type|that are not strings).*expected") as caught:
        fitted.predict(wrong)
    assert "\n" not in str(caught.value)


def test_columns_with_nothing_in_them(fitted):
    for empty in (
        pl.Series([], dtype=pl.String),
        pd.Series([], dtype=object),
        Stream(pa.chunked_array([], pa.string())),
    ):
        assert fitted.predict_headlines(empty) == []
