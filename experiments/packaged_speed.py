"""Time the models that come with the package: a cold start, and headlines a second from file to file.

Question: does the model of seventeen topics start in half a second and label 200,000 headlines a second?
Command:  python experiments/packaged_speed.py --corpus FILE   (about two minutes, two cores)
Figure:   seconds of a cold start of the model of topics: 0.1 to 2.

Each time is the least of several runs of `classify predict` as a process of its own, in turn with the other model's,
since other programs on the machine can only make it longer; processor time is that of all its threads. Headlines a
second are those of the file divided by what it takes longer than one headline does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import _common as common

from classify.classifier.modelfile import model_path
from classify.core.files import write_whole

MODELS = ("sections", "iptc")
REPEATS, N_HEADLINES = 5, 200_000
HEADLINE = "Late goal sends Rovers into the cup final"


def predict(model: str, *words: str) -> tuple[float, float]:
    """Run `classify predict` with a model; return its seconds and those of the processor."""
    command = [sys.executable, "-m", "classify", "predict", "-m", model, *words]
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    seconds, after = time.perf_counter() - start, os.times()
    return seconds, sum(after[2:4]) - sum(before[2:4])


def measure(path: Path) -> list[common.Json]:
    """Time each model on one headline and on a file, in turn; return the least of each."""
    answers = str(path.with_suffix(".jsonl"))
    calls = {"cold": (HEADLINE,), "file": ("-i", str(path), "-o", answers)}
    found = [{(m, call): predict(m, *words) for m in MODELS for call, words in calls.items()} for _ in range(REPEATS)]
    rows = []
    for model in MODELS:
        cold, file = ([min(run[model, call][i] for run in found) for i in (0, 1)] for call in calls)
        rows.append(
            {
                "model": model,
                "megabytes": model_path(model).stat().st_size / 1e6,
                "cold start, seconds": cold[0],
                "cold start, processor seconds": cold[1],
                "headlines a second": round(N_HEADLINES / (file[0] - cold[0])),
                "headlines a processor second": round(N_HEADLINES / (file[1] - cold[1])),
            }
        )
    return rows


def run(args: argparse.Namespace, folder: Path) -> None:
    """Write a file of headlines of the corpus, repeated where it has fewer; measure, and write results.json."""
    texts = list(dict.fromkeys(" ".join(text.split()) for text in common.load(args).headline.to_pylist()))
    with tempfile.TemporaryDirectory() as scratch:
        lines = (texts * (N_HEADLINES // len(texts) + 1))[:N_HEADLINES]
        path = write_whole(Path(scratch, "headlines.txt"), "\n".join(lines) + "\n")
        rows = measure(Path(path))
    topics = rows[MODELS.index("iptc")]
    answer = (
        f"The model of topics answers one headline {topics['cold start, seconds']:.2f} s after the command is typed, "
        f"{topics['cold start, processor seconds']:.2f} s of the processor, and labels "
        f"{topics['headlines a second']:,} headlines a second on two threads, "
        f"{topics['headlines a processor second']:,} a processor second, of {len(texts):,} different ones in "
        f"{N_HEADLINES:,}."
    )
    headline = (
        f"cold start {topics['cold start, seconds']:.2f} s, {topics['headlines a second']:,} headlines a second, the "
        f"least of {REPEATS} runs"
    )
    tables = [{"title": "Models of the package", "rows": rows}]
    numbers = common.experiment(
        __doc__, "Speed of the models of the package", answer, headline, n_different=len(texts), tables=tables
    )
    common.write_results(numbers, folder, args)


def figure(numbers: common.Json) -> float:
    """Return the seconds of a cold start of the model of topics."""
    rows = {row["model"]: row for row in numbers["tables"][0]["rows"]}
    return float(rows["iptc"]["cold start, seconds"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
