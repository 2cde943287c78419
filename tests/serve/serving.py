"""A service of the tests' own, at a free port of 127.0.0.1, and a client of it."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager

from classify.cli.serve import labelling
from classify.serve import ServedModel, application, listen
from classify.serve.server import server


@contextmanager
def running(model: ServedModel, label=None):
    """Serve a model in a thread; yield the port."""
    with listen("127.0.0.1", 0) as where:
        port = where.getsockname()[1]
        service = server(application(model, label or labelling(model)))
        thread = threading.Thread(target=service.run, kwargs={"sockets": [where]})
        thread.start()
        try:
            yield port
        finally:
            service.should_exit = True
            thread.join()


class Client:
    """One connection to the service, which it keeps."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None):
        """Return the status and the JSON of a response."""
        self.connection.request(method, path, body)
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())

    def predict(self, **question):
        """Return the status and the answers to a question."""
        return self.ask("POST", "/predict", json.dumps(question).encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
