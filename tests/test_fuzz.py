"""Every input that the fuzzer once found is read or refused; see `tests/fuzz/run.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "fuzz"))
from targets import TARGETS

FOUND = sorted((Path(__file__).resolve().parent / "fuzz" / "found").iterdir())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_found_once_is_read_or_refused(path):
    TARGETS[path.name.partition("-")[0]](path.read_bytes())
