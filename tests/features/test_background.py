"""What unlabelled headlines teach: worked by hand, against a dense oracle, in any order of batches and any threads."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classify import learn_background, load_sample
from classify.features.backgroundfile import to_bytes
from classify.features.tokens import tokenize

FEW = ["Rovers win cup", "Rovers lose cup", "Rovers win league", "Senate votes on tax", "House votes on tax", "Tax on"]


@pytest.fixture(scope="module")
def sample():
    """Return the headlines of the embedded corpus."""
    return load_sample().headline


@pytest.fixture(scope="module")
def background(sample):
    """Learn from all of them."""
    return learn_background([sample])


def neighbours(background, word, n=10):
    """Name the words whose vectors are closest in direction."""
    words = background.words.to_pylist()
    lengths = np.linalg.norm(background.vectors, axis=1)
    unit = background.vectors / np.where(lengths > 0, lengths, 1)[:, None]
    order = np.argsort(-unit @ unit[words.index(word)], kind="stable")
    return [words[i] for i in order[1 : n + 1]]


class TestCounts:
    def test_document_frequencies_by_hand(self):
        found = learn_background([[*FEW, "Cup cup cup"]], min_df=1)
        expected = {"rovers": 3, "win": 2, "cup": 3, "lose": 1, "league": 1, "senate": 1, "votes": 2, "on": 3, "tax": 3}
        assert dict(zip(found.words.to_pylist(), found.df.tolist(), strict=True)) == expected | {"house": 1}
        assert found.n_headlines == 7

    def test_words_in_fewer_headlines_are_left_out(self):
        assert sorted(learn_background([FEW]).words.to_pylist()) == ["on", "rovers", "tax"]

    def test_headlines_of_the_same_words_count_once(self):
        twice = [*FEW, "ROVERS WIN CUP!", "Cup: Rovers win", "", "..."]
        assert to_bytes(learn_background([twice], min_df=1)) == to_bytes(learn_background([FEW], min_df=1))

    def test_the_most_frequent_words_are_kept(self, sample, background):
        fewer = learn_background([sample], max_words=100)
        assert len(fewer) == 100
        assert fewer.df.min() >= np.sort(background.df)[-100]

    def test_words_of_any_script(self):
        found = learn_background([["तूफ़ान आया", "तूफ़ान गया", "東京", "東京 開幕"]], min_df=2)
        assert sorted(found.words.to_pylist()) == ["तूफ़ान", "京", "東"]


class TestVectors:
    @pytest.mark.slow
    def test_all_dimensions_have_the_cosines_of_a_dense_matrix_of_information(self, sample):
        found = learn_background([sample], min_df=60, n_dims=300)
        place = {word: i for i, word in enumerate(found.words.to_pylist())}
        together = np.zeros((len(found), len(found)))
        bags = {tuple(sorted(tokenize(sample.slice(i, 1)).strings())) for i in range(len(sample))}
        for bag in bags:
            known = {place[word] for word in bag if word in place}
            for one in known:
                for other in known - {one}:
                    together[one, other] += 1
        totals = together.sum(axis=1)
        contexts = totals**0.75
        with np.errstate(divide="ignore"):
            information = np.maximum(np.log(together * contexts.sum() / np.outer(totals, contexts)), 0)
        exact = information / np.linalg.norm(information, axis=1, keepdims=True)
        unit = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
        # The components are rounded to 15 levels, and dimensions of large variance stretched a little.
        assert 20 < len(found) < 300
        assert np.abs(unit @ unit.T - exact @ exact.T).mean() < 0.06

    def test_neighbours_share_a_subject(self, background):
        assert {"prime", "cabinet"} <= set(neighbours(background, "minister", 25))

    def test_headline_vectors_vary_by_one(self, sample, background):
        found = background.rows(sample) @ background.vectors
        spread = ((found - found.mean(axis=0)) ** 2).sum(axis=1).mean()
        assert math.isclose(spread, 1, abs_tol=0.1)

    def test_fewer_words_than_dimensions(self):
        vectors = learn_background([FEW], n_dims=8).vectors
        assert vectors.shape == (3, 8)
        assert not vectors[:, 3:].any()


class TestRows:
    def test_they_are_tfidf_rows_of_unit_length(self):
        found = learn_background([FEW])
        row = found.rows(["Tax rovers tax unknown"]).toarray()[0]
        weight = {"tax": (1 + math.log(2)) * (math.log(7 / 4) + 1), "rovers": math.log(7 / 4) + 1, "on": 0}
        expected = np.array([weight[word] for word in found.words.to_pylist()])
        assert np.allclose(row, expected / np.linalg.norm(expected))

    def test_share_of_known_words(self):
        found = learn_background([FEW])
        assert found.known_share(["Tax on unknown", "Rovers"]) == 0.75
        assert found.known_share(["", "..."]) == 0


class TestPromises:
    @pytest.mark.slow
    def test_the_same_bytes_for_any_threads_and_batches(self, sample, background):
        cut = [sample.slice(start, 700) for start in range(0, len(sample), 700)]
        content = to_bytes(background)
        assert to_bytes(learn_background(cut, n_jobs=1)) == content
        assert to_bytes(learn_background(iter(cut), n_jobs=3)) == content

    def test_the_order_of_headlines_does_not_change_what_is_counted(self, sample, background):
        other = learn_background([sample.take(np.arange(len(sample))[::-1])])
        assert other.words.equals(background.words)
        assert np.array_equal(other.df, background.df)

    @pytest.mark.parametrize(
        ("batches", "options", "words"),
        [
            ([], {}, "no headlines were given"),
            (["Rovers win cup"], {}, "a single string was given"),
            ([["Rovers win", "Senate votes"]], {}, "no word is in 3 of 2 different headlines"),
            ([["", "..."]], {}, "no word is in 3 of 0 different headlines"),
            ([FEW], {"n_dims": 7}, "n_dims=7; expected an even number"),
            ([FEW], {"n_dims": 0}, "n_dims=0; expected an even number"),
            ([FEW], {"min_df": 0}, "min_df=0; expected a whole number"),
            ([FEW], {"max_words": 0}, "max_words=0; expected a whole number"),
        ],
    )
    def test_what_cannot_work_is_named(self, batches, options, words):
        with pytest.raises(ValueError, match=words):
            learn_background(batches, **options)
