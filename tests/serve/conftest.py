from __future__ import annotations

import pytest
from serving import Client, running

from classify.serve import ServedModel


@pytest.fixture(scope="session")
def service():
    with running(ServedModel()) as port:
        yield port


@pytest.fixture
def client(service):
    with Client(service) as one:
        yield one
