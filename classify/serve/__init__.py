"""The HTTP service of `classify serve`: requests, batches of them, the model file that is read again, the page."""

from classify.serve.model import ServedModel
from classify.serve.question import Question, RequestError, Settings, parse
from classify.serve.routes import application
from classify.serve.server import listen, run

__all__ = ["Question", "RequestError", "ServedModel", "Settings", "application", "listen", "parse", "run"]
