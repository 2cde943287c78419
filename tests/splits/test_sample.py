"""The sample of a corpus that is too large: the same for any order and division, in bounded memory."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.cli import main
from classify.headlines import Headlines
from classify.splits import sample_headlines


def batches(texts, sizes):
    """Cut texts into batches of some sizes, over and over."""
    column, start, turn = pa.array(texts, pa.string()), 0, 0
    while start < len(column):
        yield Headlines(
            column.slice(start, sizes[turn % len(sizes)]),
            line=pa.array(range(start, len(column)))[: sizes[turn % len(sizes)]],
        )
        start, turn = start + sizes[turn % len(sizes)], turn + 1


@given(
    st.lists(st.text(max_size=4), max_size=60),
    st.lists(st.integers(1, 7), min_size=1, max_size=3),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_the_sample_depends_neither_on_order_nor_on_batches(texts, sizes, size, order):
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    whole, total = sample_headlines(batches(texts, [1000]), size)
    cut, _ = sample_headlines(batches(texts, sizes), size)
    assert cut.headline.to_pylist() == whole.headline.to_pylist()
    assert cut.line.to_pylist() == whole.line.to_pylist() == sorted(whole.line.to_pylist())
    shuffled = order.sample(texts, len(texts))
    assert sorted(sample_headlines(batches(shuffled, sizes), size)[0].headline.to_pylist()) == sorted(
        whole.headline.to_pylist()
    )
    assert total == len(texts)
    assert len(whole) == total if total <= size else len(whole) <= size


def test_the_sample_is_as_large_as_asked_for_and_even():
    texts = [f"{section} {number}" for number in range(20_000) for section in "ab"]
    found = sample_headlines(batches(texts, [3000]), 5000)[0].headline.to_pylist()
    assert len(found) == 5000
    assert 0.47 < np.mean([text.startswith("a") for text in found]) < 0.53


def test_samples_of_files_are_sampled_again():
    texts = [f"Rovers win {number}" for number in range(1000)]
    parts = [sample_headlines(batches(texts[start::3], [100]), 200)[0] for start in range(3)]
    again = sample_headlines(parts, 200)[0].headline.to_pylist()
    assert sorted(again) == sorted(sample_headlines(batches(texts, [100]), 200)[0].headline.to_pylist())


def test_training_uses_a_sample_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"Rovers win match {n},sport\nMPs vote on bill {n},politics\n" for n in range(100)]
    (tmp_path / "all.csv").write_text("headline,section\n" + "".join(rows))
    (tmp_path / "two.csv").write_text("headline,section\n" + "".join(rows[50:]))
    (tmp_path / "one.csv").write_text("headline,section\n" + "".join(rows[:50]))
    given = ["--sample", "120", "--background", "none", "--test-size", "0", "-m"]
    assert main(["train", "all.csv", *given, "a.safetensors"]) == 0
    assert "a sample of 120 of 200 headlines is used; --sample sets its size" in capsys.readouterr().err
    assert main(["train", "one.csv", "two.csv", *given, "b.safetensors"]) == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("size", [3, 4])
def test_repeats_are_kept_or_dropped_together(size):
    texts = ["Rain", "Rain", "Rain", "Rovers win"]
    kept = sample_headlines(batches(texts, [2]), size)[0].headline.to_pylist()
    assert kept in ((["Rovers win"], ["Rain"] * 3) if size == 3 else (texts,))
