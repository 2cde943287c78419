"""Fuzz the readers and the model loader with atheris: ``python tests/fuzz/run.py feed --seconds 120``.

Wants the extra ``fuzz``. A crash is written to ``tests/fuzz/found/<target>-<hash>``; mend it, and keep the file:
`tests/test_fuzz.py` tries every file there from then on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOST_MEMORY, LONGEST = 2048, 20  # megabytes of the process, seconds an input
SEEDS = {
    "feed": [
        b'?xml version="1.0"?><rss version="2.0"><channel><item><title>a &amp; b</title></item></channel></rss>',
        b'feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">a</title></entry></feed>',
        b'rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item><title>a</title></item></rdf:RDF>',
    ],
    "rows": [
        b'headline,section\na,b\n"c ""d""",e\n',
        b'{"title": "a", "id": 1}\n{"title": "b"}\n',
        b'[{"title": "a"}, {"title": "b"}]',
        b"__label__a b\n- c\n- d\n",
        "title\tid\nCafé\t1\n".encode("utf-16"),
    ],
    "model": [bytes([0, what, place, *b"\x00\x01\xff7"]) for what in range(12) for place in (0, 100, 200)],
    "stories": [bytes([what, place, *b"\x00\x01\xff7"]) for what in range(16) for place in (0, 100, 200)],
    "http": [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: /b\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nRetry-After: 0\r\n\r\n",
    ],
}


def main() -> None:
    """Fuzz one target for a bounded time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=SEEDS)
    parser.add_argument("--seconds", type=int, default=120)
    args = parser.parse_args()
    import atheris

    with atheris.instrument_imports(include=["classify", "feedparser", "targets"]):
        sys.path.insert(0, str(HERE))
        import feedparser  # noqa: F401 (else it would be imported later, without instruments)
        from targets import TARGETS
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[args.target]):
            Path(corpus, str(number)).write_bytes(seed)
        found = HERE / "found" / f"{args.target}-"
        options = [f"-max_total_time={args.seconds}", f"-artifact_prefix={found}", f"-timeout={LONGEST}"]
        atheris.Setup(["fuzz", *options, f"-rss_limit_mb={MOST_MEMORY}", "-max_len=4096", corpus], TARGETS[args.target])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
