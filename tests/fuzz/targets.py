"""What the fuzzer throws bytes at; `tests/test_fuzz.py` throws every case that it once found.

Each target takes any bytes and returns, or raises what is a mistake of ours.
"""

from __future__ import annotations

import io
import json
import socketserver
import struct
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from classify import (
    HeadlineClassifier,
    ModelFileError,
    StoryClusterer,
    load_model,
    load_stories,
    read_headlines,
    save_stories,
)
from classify.classifier.modelfile import FILE, to_bytes
from classify.core.arrayfile import ArrayFile
from classify.headlines import ReadError
from classify.readers.http import fetch_url
from classify.stories.storyfile import _FILE as _STORIES

TEXTS = ["Rovers win the cup", "", "東京 tax", "zzz qqq"]


def feed(data: bytes) -> None:
    """Read what looks like a feed from its first byte."""
    rows(b"<" + data)


def rows(data: bytes) -> None:
    """Read anything."""
    try:
        with read_headlines(io.BytesIO(data)) as reader:
            for batch in reader:
                batch.headline.validate(full=True)
                assert batch.headline.null_count == 0
                columns = [column for column in batch._columns().values() if column is not None]
                assert {len(column) for column in columns} == {len(batch)}
    except ReadError as error:
        assert "\n" not in str(error)  # noqa: PT017


def model(data: bytes) -> None:
    """Load bytes as they are, or a sound model changed as they say, with a checksum that fits."""
    content = _changed_in(sound_model(), FILE, data[1:]) if data[:1] < b"\xc0" else data[1:]
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        try:
            loaded = load_model(file.name)
        except ModelFileError as error:
            assert "\n" not in str(error)  # noqa: PT017
            return
    proba = loaded.predict_proba(TEXTS)
    assert proba.shape == (len(TEXTS), len(loaded.classes_))
    assert not np.isnan(proba).any()


def stories(data: bytes) -> None:
    """Load stories, sound ones changed as the bytes say, with a checksum that fits, and continue them."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(_changed_in(sound_stories(), _STORIES, data))
        try:
            loaded = load_stories(file.name)
        except ModelFileError as error:
            assert "\n" not in str(error)  # noqa: PT017
            return
    assert len(loaded.assign(TEXTS)) == len(TEXTS)


def http(data: bytes) -> None:
    """Fetch from a server that sends these bytes as its whole answer."""
    answering().content = data
    try:
        fetch_url(f"http://127.0.0.1:{answering().server_address[1]}/", timeout=1.0, deadline=2.0)
    except ReadError as error:
        assert "\n" not in str(error)  # noqa: PT017


class _Server(socketserver.ThreadingTCPServer):
    """Answer with `content`, whatever is asked."""

    daemon_threads = True
    content = b""


class _Answer(socketserver.BaseRequestHandler):
    """Send the content once something was asked, and close."""

    def handle(self) -> None:
        self.request.recv(1 << 16)
        with suppress(OSError):
            self.request.sendall(self.server.content)


@cache
def answering() -> _Server:
    """Start the server."""
    server = _Server(("127.0.0.1", 0), _Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


TARGETS = {"feed": feed, "rows": rows, "model": model, "stories": stories, "http": http}


@cache
def sound_model() -> bytes:
    """Return the bytes of a small model."""
    sections = ["sport", "politics"] * 4
    texts = [f"Rovers win cup {i}" if i % 2 == 0 else f"Parliament votes on tax {i}" for i in range(8)]
    return to_bytes(HeadlineClassifier(n_folds=2).fit(texts, sections))


@cache
def sound_stories() -> bytes:
    """Return the bytes of a small file of stories."""
    with tempfile.NamedTemporaryFile() as file:
        texts = ["Rovers win cup final", "Late goal wins cup for Rovers", "Budget vote delayed", "Vote on budget"]
        save_stories(StoryClusterer().fit(texts), file.name)
        return Path(file.name).read_bytes()


def _changed_in(content: bytes, kind: ArrayFile, data: bytes) -> bytes:
    """Change one array and one word of the header of a sound file, and sign it anew."""
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["classify"])
    arrays = dict(load(content))
    what, place, *rest = data if len(data) >= 2 else (0, 0)
    name = sorted(arrays)[what % len(arrays)]
    arrays[name] = _array(arrays[name], place, bytes(rest))
    key = sorted(header)[place % len(header)]
    text = bytes(rest).partition(b"\xff")[2]
    if text:
        try:
            header[key] = json.loads(text)
        except (ValueError, RecursionError):
            return content
    return bytes(save(arrays, metadata={"classify": json.dumps(kind.sign(header, arrays))}))


def _array(array: np.ndarray, place: int, data: bytes) -> np.ndarray:
    """Write bytes into an array, cut it, or give it another shape."""
    flat = bytearray(array.tobytes())
    start = place * len(flat) // 256
    flat[start : start + len(data)] = data[: max(len(flat) - start, 0)]
    changed = np.frombuffer(bytes(flat[: len(flat) // array.itemsize * array.itemsize]), array.dtype)
    if data[:1] == b"\x01":
        return changed[: place % (len(changed) + 1)].copy()
    if data[:1] == b"\x02":
        return changed.reshape(1, -1).copy()
    return changed.reshape(array.shape) if changed.size == array.size else changed
