"""`classify serve`: label headlines over HTTP."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from typing import TYPE_CHECKING

from classify.cli import common
from classify.cli.answers import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from classify.serve import ServedModel, Settings

EXAMPLES = """  classify serve -m iptc
  classify serve --port 8080 -m mine.safetensors
  curl 127.0.0.1:8000/predict -d '{"headlines": ["Late goal sends Rovers top"], "top": 2, "explain": 3}'
"""
DESCRIPTION = (
    "Answer POST /predict with what 'predict -f jsonl' writes, and show a page for people; the model is read again "
    "when its file changes."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    common.add_model(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1, for this machine only)"
    )
    parser.add_argument("--port", type=_port, default=8000, help="port to listen at (default: 8000); 0 is a free one")


def run(args: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    missing = next((name for name in ("starlette", "uvicorn") if find_spec(name) is None), None)
    if missing:
        raise ValueError(
            f"the package {missing} was not found; 'classify serve' needs it; install it with "
            "pip install 'classify-headlines[serve]'"
        )
    from classify import serve

    with serve.listen(args.host, args.port) as where:
        model = serve.ServedModel(args.model, common.tell)
        host, port = where.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        common.tell(f"{model.name} is served at http://{host}:{port}/ until Ctrl-C")
        serve.run(serve.application(model, labelling(model)), where)
    return 0


def labelling(model: ServedModel) -> Callable[[Settings, list[str]], list[bytes]]:
    """Return the function that answers headlines as `classify predict -f jsonl` does, with the present model."""

    def label(settings: Settings, texts: list[str]) -> list[bytes]:
        from classify.core.arrow import from_strings
        from classify.headlines import Headlines

        classifier = model.classifier  # a newer one may come at any time
        limit = 0.0 if settings.max_error is None else classifier.threshold(settings.max_error)
        args = argparse.Namespace(top=settings.top, explain=settings.explain, keep=[])
        return answer(classifier, args, limit, "jsonl", Headlines(from_strings(texts))).splitlines()

    return label


def _port(text: str) -> int:
    """Parse the number of a port, for argparse."""
    value = int(text)
    if not 0 <= value < 2**16:
        raise argparse.ArgumentTypeError(f"{text}; expected a port, 0 to 65535")
    return value
