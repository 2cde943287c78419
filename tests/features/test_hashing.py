"""Numbering and finding hashes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classify.features.hashing import KeyTable, factorize


@given(st.lists(st.integers(-5, 5)))
def test_factorize(keys):
    numbers, distinct = factorize(np.array(keys, np.int64))
    assert distinct.tolist() == sorted(set(keys))
    assert [distinct[number] for number in numbers] == keys


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_factorize_hashes(keys):
    numbers, distinct = factorize(np.array(keys, np.uint64))
    assert distinct.tolist() == sorted(set(keys))
    assert distinct[numbers].tolist() == keys


# Keys that share their upper bits, the least and the greatest there are, and any.
KEYS = st.one_of(st.integers(0, 40), st.integers(2**64 - 9, 2**64 - 1), st.integers(0, 2**64 - 1))


@given(st.sets(KEYS), st.lists(KEYS))
def test_keys_are_found_where_they_stand(table, keys):
    table = sorted(table)
    found = KeyTable(np.array(table, np.uint64)).find(np.array(keys + table, np.uint64))
    assert found.tolist() == [table.index(key) if key in table else -1 for key in keys + table]
