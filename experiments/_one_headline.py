"""Time answers for one headline at a time, as a long-running process gives them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ASKED = 300  # headlines, one after the other
THREADS = 8


def one_headline(kind: str, headlines: list[str], model: Path) -> dict[str, Any]:
    """Answer headlines one by one; return the median processor seconds of an answer, and the gain by several threads.

    Processor seconds, since an answer of a millisecond is done before or after its turn on a busy machine.
    """
    answer = _answers(kind, model)
    some = headlines[:ASKED]
    times = [_time(answer, headline) for headline in some[:20] + some][20:]
    alone, together = (_elapsed(answer, some, threads) for threads in (1, THREADS))
    return {"seconds": statistics.median(times), "gain_by_threads": alone / together}


def _elapsed(answer: Callable[[str], Any], headlines: list[str], threads: int) -> float:
    """Return the seconds that some threads take for all headlines."""
    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        list(pool.map(answer, headlines))
        return time.perf_counter() - start


def _answers(kind: str, model: Path) -> Callable[[str], Any]:
    """Return a function that answers one headline."""
    if kind.startswith("scikit-learn"):
        import joblib

        pipeline = joblib.load(model)
        return lambda headline: pipeline.predict([headline])
    from classify import load_model

    classifier, k = load_model(model), 3 if "reasons" in kind else 0
    return lambda headline: classifier.predict_headlines([headline], explain=k)


def _time(answer: Callable[[str], Any], headline: str) -> float:
    """Return the processor seconds of one answer."""
    start = time.thread_time()
    answer(headline)
    return time.thread_time() - start


def one_headline_ratios(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """Compare answers without reasons with scikit-learn's, answers with reasons with those without, and threads."""
    plain, reasons, theirs = (found[kind] for kind in ("ours, default", "ours, with reasons", "scikit-learn, words"))
    return {
        "one headline, scikit-learn / ours": theirs["seconds"] / plain["seconds"],
        "one headline, without reasons / with three": plain["seconds"] / reasons["seconds"],
        f"one headline, seconds of one thread / of {THREADS}": plain["gain_by_threads"],
    }
