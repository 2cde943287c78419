"""Measure `classify serve` with many clients at once, beside the library in one process.

Question: how many headlines does the service label a second with 64 clients at once, how long do they wait, and is any
          request lost?
Command:  python experiments/serve_load.py   (half a minute, two cores)
Figure:   milliseconds within which 99 of 100 requests of one headline are answered, 64 clients at once: 20 to 600

The service runs as a process of its own with the default model, the clients in another, on the same machine. Each
client keeps its connection and asks again as soon as it is answered. Each answer is compared with the library's. In the
last row the model file is replaced by another copy every half second.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import _common as common
import numpy as np

CLIENTS, REQUESTS = 64, 6400
# What is asked: headlines a request, and settings.
KINDS: dict[str, tuple[int, dict[str, Any]]] = {
    "one headline": (1, {}),
    "one headline, with three reasons": (1, {"explain": 3}),
    "twenty headlines": (20, {}),
    "one headline, and a model that changes": (1, {}),
}
CHANGING = list(KINDS)[-1]


@contextmanager
def service(model: Path) -> Iterator[int]:
    """Start `classify serve`; yield its port."""
    command = [sys.executable, "-m", "classify", "serve", "--port", "0", "-m", str(model)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r":(\d+)/", process.stderr.readline())
            assert found is not None
            yield int(found[1])
        finally:
            process.terminate()


async def client(port: int, questions: Iterator[tuple[bytes, bytes]], waits: list[float]) -> int:
    """Send one request after the other; return how many answers are not the expected ones."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    wrong = 0
    for body, expected in questions:
        start = time.perf_counter()
        writer.write(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        answer = await reader.readexactly(int(length[1])) if length else b""
        waits.append(time.perf_counter() - start)
        wrong += not head.startswith(b"HTTP/1.1 200 ") or answer != expected
    writer.close()
    return wrong


async def load(port: int, questions: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Let all clients ask at once until there is no question left."""
    waits: list[float] = []
    left = itertools.islice(itertools.cycle(questions), REQUESTS)
    start = time.perf_counter()
    found = await asyncio.gather(*(client(port, left, waits) for _ in range(CLIENTS)), return_exceptions=True)
    seconds = time.perf_counter() - start
    lost = REQUESTS - len(waits) + sum(each for each in found if isinstance(each, int))
    middle, late = (1000 * float(np.quantile(waits, share)) for share in (0.5, 0.99))
    return {
        "requests": REQUESTS,
        "lost": lost,
        "a second": REQUESTS / seconds,
        "median, ms": middle,
        "99 of 100, ms": late,
    }


async def replacing(model: Path, work: Any) -> dict[str, Any]:  # noqa: ANN401 (a coroutine)
    """Replace a model file by a copy until the work is done."""
    task = asyncio.ensure_future(work)
    while not task.done():
        copy = model.with_suffix(".copy")
        shutil.copyfile(model, copy)
        copy.replace(model)
        await asyncio.wait([task], timeout=0.5)
    return dict(await task)


def ask(headlines: list[str], size: int, settings: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return requests with the answers that are expected, those of the library."""
    from classify.cli.serve import labelling
    from classify.serve import ServedModel, Settings

    label = labelling(ServedModel())
    parts = [headlines[start : start + size] for start in range(0, len(headlines) - size + 1, size)]
    return [
        (json.dumps({"headlines": part, **settings}).encode(), b"[" + b", ".join(rows) + b"]")
        for part, rows in ((part, label(Settings(**settings), part)) for part in parts)
    ]


def alone(headlines: list[str]) -> list[dict[str, Any]]:
    """Time the library in one process, one headline at a time and all of them together."""
    from classify.cli.serve import labelling
    from classify.serve import ServedModel, Settings

    label, rows = labelling(ServedModel()), []
    for what, size in (("one headline at a time", 1), ("a thousand at a time", 1000)):
        for settings in (Settings(), Settings(explain=3)):
            start = time.perf_counter()
            for first in range(0, 2000, size):
                label(settings, headlines[first : first + size])
            seconds = time.perf_counter() - start
            reasons = ", with three reasons" if settings.explain else ""
            rows.append({"library": what + reasons, "headlines a second": 2000 / seconds})
    return rows


def run(args: argparse.Namespace, folder: Path) -> None:
    """Measure each kind of request and write results.json; times change from run to run."""
    from classify import classifier

    busy, headlines = os.getloadavg()[0], common.load(args).headline.to_pylist()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch, "model.safetensors")
        shutil.copyfile(Path(classifier.__file__).parents[1] / "models" / "sections.safetensors", model)
        with service(model) as port:
            for kind, (size, settings) in KINDS.items():
                work = load(port, ask(headlines, size, settings))
                found = asyncio.run(replacing(model, work) if kind == CHANGING else work)
                rows.append({"request": kind, **found, "headlines a second": size * found["a second"]})
                print(rows[-1], file=sys.stderr, flush=True)
    common.write_results(page(rows, alone(headlines), busy), folder, args)


def page(rows: list[dict[str, Any]], library: list[dict[str, Any]], busy: float) -> common.Json:
    """Write the answer and the tables."""
    lost, first, many = sum(row["lost"] for row in rows), rows[0], rows[2]
    requests = sum(row["requests"] for row in rows)
    one_by_one, _, together, _ = (row["headlines a second"] for row in library)
    rate, late = first["a second"], first["99 of 100, ms"]
    answer = (
        f"With {CLIENTS} clients at once, {lost or 'none'} of {requests:,} requests were lost. The service answers "
        f"{rate:,.0f} requests of one headline a second, 99 of 100 within {late:.0f} ms; in requests of twenty it "
        f"labels {many['headlines a second']:,.0f} headlines a second. In one process the library labels "
        f"{one_by_one:,.0f} headlines a second one by one, and {together:,.0f} a thousand at a time. The load average "
        f"before was {busy:.0f}; 0 is a machine that has nothing else to do."
    )
    headline = f"{lost or 'none'} lost, 99 of 100 within {late:.0f} ms"
    tables = [
        {"title": f"The service, {CLIENTS} clients at once", "rows": rows},
        {"title": "The library, one process, one thread", "rows": library},
    ]
    return common.experiment(
        __doc__, "The service under load", answer, headline, requests=rows, busy=busy, tables=tables
    )


def figure(numbers: common.Json) -> float:
    """Return the milliseconds within which 99 of 100 requests of one headline are answered."""
    return float(numbers["requests"][0]["99 of 100, ms"])


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
