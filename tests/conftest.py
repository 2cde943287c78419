"""What several test files share: the real corpora, where there are any, and the settings of hypothesis."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import settings

from classify.headlines import Headlines

CHECKOUT = Path(__file__).resolve().parent.parent

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
PROFILE = "ci" if os.environ.get("CI") else "default"
settings.load_profile(PROFILE)


def pytest_configure(config):
    """Try a quarter of the examples where only the fast tests are run; the whole suite tries them all."""
    if "not slow" in config.option.markexpr:
        settings.register_profile("fast", settings.get_profile(PROFILE), max_examples=25)
        settings.load_profile("fast")


@cache
def _read(path: Path) -> pd.DataFrame:
    """Read a corpus once; every column is text, blank where unknown."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="session")
def corpora():
    """Return a function from the name of a real corpus to its data frame; it skips the test where there is none."""
    folder = Path(os.environ.get("CLASSIFY_CORPORA", CHECKOUT.parent / "shared" / "corpora"))

    def load(name: str) -> pd.DataFrame:
        path = folder / f"{name}.csv.gz"
        if not path.is_file():
            pytest.skip(f"the real corpus {name} is not there; set CLASSIFY_CORPORA to the folder that holds it")
        return _read(path).copy()

    return load


@pytest.fixture(scope="session")
def service():
    """Return the port of a running service with the default model."""
    from serving import running

    from classify.serve import ServedModel

    with running(ServedModel()) as port:
        yield port


@pytest.fixture
def client(service):
    """Return a client of the service, connected until the test ends."""
    from serving import Client

    with Client(service) as one:
        yield one


def shown(value: object) -> str:
    """Name a case in a table of tests, without the address that differs from process to process."""
    return re.sub(r" (object )?at 0x[0-9a-f]+", "", repr(value))


def batch(texts, **columns):
    """Build headlines with further columns of text."""
    return Headlines(
        pa.array(texts, pa.string()), **{name: pa.array(col, pa.string()) for name, col in columns.items()}
    )
