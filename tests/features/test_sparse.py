"""Counting terms into sparse rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classify.features.sparse import count


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 4))))
def test_count(entries):
    rows, columns = np.array(entries, np.int64).reshape(-1, 2).T
    expected = np.zeros((4, 5))
    for row, column in entries:
        if column >= 0:
            expected[row, column] += 1
    counts = count(rows, columns.astype(np.int32), (4, 5))
    assert counts.toarray().tolist() == expected.tolist()
    assert counts.has_canonical_format
