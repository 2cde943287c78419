"""Preparation of labelled headlines: repeats, blank rows, groups, dates, and the parts to train and test on."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.headlines import Headlines
from classify.splits import divide, labelled_rows, pair_labelled, prepare_labelled, with_sections


def make(headlines, **columns):
    """Make a batch of headlines."""
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    line = pa.array(range(1, len(headlines) + 1), pa.int64())
    return Headlines(pa.array(headlines, pa.string()), line=line, **arrays)


class TestRepeats:
    def test_worked_by_hand(self):
        rows = make(["Cup won", "CUP WON", "Tax vote", "cup won", "Tax vote"],
                    section=["general", "sport", "politics", "sport", "general"])  # fmt: skip
        kept = prepare_labelled(rows).headlines
        assert kept.headline.to_pylist() == ["CUP WON", "Tax vote"]
        assert kept.section.to_pylist() == ["sport", "politics"]

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["a b", "A b", "c", "d e"]), st.sampled_from("xyz")),
            min_size=1,
        )
    )
    def test_naive_oracle(self, rows):
        kept = prepare_labelled(make([r[0] for r in rows], section=[r[1] for r in rows])).headlines
        for text in {r[0].lower() for r in rows}:
            given_sections = [s for t, s in rows if t.lower() == text]
            counts = Counter(given_sections)
            best = max(counts, key=lambda s: (counts[s], -given_sections.index(s)))
            found = [
                s for t, s in zip(kept.headline.to_pylist(), kept.section.to_pylist(), strict=True)
                if t.lower() == text
            ]  # fmt: skip
            assert found == [best]
        assert kept.line.to_pylist() == sorted(kept.line.to_pylist())


class TestPrepareLabelled:
    def test_blank_rows_and_repeats_are_counted(self):
        rows = make(["Cup won", " ", "Rain", "Hail", "cup won"], section=["sport", "sport", None, " ", "sport"])
        found = prepare_labelled(rows)
        assert (len(found), found.n_unlabelled, found.n_repeats) == (1, 3, 1)
        assert found.sections.tolist() == ["sport"]

    def test_publishers_name_suffixes_that_do_not_repeat(self):
        rows = ["Storm closes the port - hafen", "Storm closes the port"]
        known = make(rows, section=["a", "b"], publisher=["Hafen", None])
        assert len(prepare_labelled(known)) == 1
        assert len(prepare_labelled(make(rows, section=["a", "b"]))) == 2

    def test_stories_and_near_duplicates_share_a_group(self):
        rows = ["Rovers win the cup", "Rovers win the cup again", "Tax vote", "Senate votes"]
        found = prepare_labelled(make(rows, section=list("aabb"), story=[None, None, "tax", "tax"]))
        assert found.groups.tolist() == [0, 0, 1, 1]

    def test_dates(self):
        found = prepare_labelled(make(["a", "b", "c"], section=list("xyx"), date=["2022-03-04T10:00:00Z", None, "?"]))
        assert found.dates.astype("datetime64[D]").astype(str).tolist() == ["2022-03-04", "NaT", "NaT"]
        assert np.isnat(prepare_labelled(make(["a"], section=["x"])).dates).all()

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (make([]), "no headlines"),
            (make(["a"]), "no column of sections"),
            (make(["a", "b"], section=[None, " "]), "the column of sections is empty in all 2"),
            (make([" ", ""], section=["x", "y"]), "the column of headlines is empty in all 2"),
            (make(["a", ""], section=[None, "y"]), "no row has both"),
        ],
    )
    def test_nothing_to_learn_from(self, rows, message):
        with pytest.raises(ValueError, match=message):
            labelled_rows(rows)


class TestParts:
    @pytest.mark.parametrize("split", ["grouped", "random", "time"])
    def test_every_row_once_and_as_the_split_promises(self, split):
        rows = [" ".join(f"{c}{i // 2}" for c in "uvwxyz") + f" {i % 2}" for i in range(60)]
        dates = [f"2022-01-{1 + i // 3:02}" for i in range(60)]
        parts = divide(make(rows, section=["a", "b"] * 30, date=dates), split, seed=1)
        lines = [parts.train.headlines.line.to_pylist(), parts.test.headlines.line.to_pylist()]
        assert not set(lines[0]) & set(lines[1])
        assert (parts.n_crossing == 0) == (split != "random")
        assert (parts.split, parts.test_size, parts.seed) == (split, 0.2, 1)

    def test_given_test_headlines_may_repeat_training_headlines(self):
        train = make(["Cup won", "cup won", "Tax vote"], section=["sport", "sport", "politics"])
        parts = pair_labelled(train, make(["Cup won", "Rain", "Rain", ""], section=["sport", "x", "x", "x"]))
        assert (len(parts.train), len(parts.test), parts.n_crossing) == (2, 2, 1)
        assert (parts.n_repeats, parts.n_unlabelled, parts.split) == (2, 1, "given test file")

    def test_without_training_headlines(self):
        parts = pair_labelled(None, with_sections(make(["a", "b"]), ["x", None]))
        assert (parts.train, parts.n_crossing, len(parts.test), parts.n_unlabelled) == (None, None, 1, 1)
