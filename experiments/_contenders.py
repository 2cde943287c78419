"""The contenders of benchmark.py: each run of one is a process of its own, so that its memory is its own.

``python experiments/_contenders.py ANSWER.json WORK KIND FILE ...`` does one piece of work and writes what it measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _one_headline import one_headline

from classify.core.files import write_whole

# fastText's own defaults with pairs of words, and settings that its documentation recommends for short texts.
FASTTEXT = {
    "defaults, word pairs": {"wordNgrams": 2},
    "more passes": {"wordNgrams": 2, "epoch": 10, "lr": 0.5},
    "characters": {"wordNgrams": 2, "epoch": 10, "lr": 0.5, "minn": 2, "maxn": 5, "dim": 50},
}
REPEATS = 3


def fit_vectorizer(kind: str, rows: Path) -> dict[str, Any]:
    """Time fit_transform in this process, best of three; reading the file is no part of it."""
    texts = column(rows, "headline")
    make = vectorizers()[kind]
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        matrix = make().fit_transform(texts)
        times.append(time.perf_counter() - start)
    return {"seconds": min(times), "terms": int(matrix.shape[1]), "stored": int(matrix.nnz)}


def train(kind: str, rows: Path, model: Path) -> dict[str, Any]:
    """Train from a file to a model file."""
    if kind.startswith("fastText"):
        import fasttext

        setting, threads = kind.removeprefix("fastText ").rsplit(", ", 1)
        lines = rows.with_suffix(".fasttext.txt")
        trained = fasttext.train_supervised(str(lines), thread=int(threads.split()[0]), verbose=0, **FASTTEXT[setting])
        trained.save_model(str(model))
    elif kind.startswith("ours"):
        from classify import HeadlineClassifier, Headlines, read_headlines, save_model

        headlines = Headlines.concat(read_headlines(rows))
        options = {"char_ngrams": None} if "words" in kind else {}
        save_model(HeadlineClassifier(**options).fit(headlines.headline, headlines.section), model)
    else:
        _train_scikit_learn(rows, model)
    return {"bytes": model.stat().st_size}


def predict(kind: str, rows: Path, model: Path, out: Path) -> dict[str, Any]:
    """Label a file of headlines into a file of labels."""
    if kind.startswith("ours"):
        from classify.cli import main

        main(["predict", "-m", str(model), "-i", str(rows), "-f", "csv", "-o", str(out)])
    elif kind.startswith("fastText"):
        import fasttext

        loaded = fasttext.load_model(str(model))
        with rows.with_suffix(".plain.txt").open(encoding="utf-8") as lines, out.open("w", encoding="utf-8") as answers:
            while batch := [line.rstrip("\n") for _, line in zip(range(50_000), lines, strict=False)]:
                labels = loaded.predict(batch)[0]
                answers.writelines(f"{label[0]}\n" for label in labels)
    else:
        import joblib

        pipeline = joblib.load(model)
        texts = column(rows, "headline")
        write_whole(out, "\n".join(pipeline.predict(texts)))
    return {}


def alone(kind: str, rows: Path, model: Path) -> dict[str, Any]:
    """Answer the headlines of a file one by one."""
    return one_headline(kind, column(rows, "headline"), model)


def _train_scikit_learn(rows: Path, model: Path) -> None:
    """Train TF-IDF of words and a linear support vector machine, both scikit-learn's."""
    import joblib
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    pipeline = make_pipeline(vectorizers()["scikit-learn words"](), LinearSVC(C=0.5, random_state=0))
    joblib.dump(pipeline.fit(column(rows, "headline"), column(rows, "section")), model)


def vectorizers() -> dict[str, Callable[[], Any]]:
    """Make the vectorizers to compare: the same n-grams on both sides."""
    from sklearn.feature_extraction.text import TfidfVectorizer as Theirs
    from sklearn.pipeline import make_union

    from classify import TfidfVectorizer as Ours

    words = {"ngram_range": (1, 2), "sublinear_tf": True, "dtype": np.float32}
    characters = {"analyzer": "char_wb", "ngram_range": (2, 5), "sublinear_tf": True, "dtype": np.float32}
    return {
        "ours words": lambda: Ours(char_ngrams=None),
        "ours words and characters of rare words": Ours,
        "ours words and characters of all words": lambda: Ours(char_max_df=None),
        "scikit-learn words": lambda: Theirs(**words),
        "scikit-learn words and characters": lambda: make_union(Theirs(**words), Theirs(**characters)),
    }


def column(rows: Path, name: str) -> list[str]:
    """Read one column of a CSV file."""
    import pyarrow.csv

    options = pyarrow.csv.ConvertOptions(include_columns=[name], strings_can_be_null=False)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    table = pyarrow.csv.read_csv(rows, parse_options=parse, convert_options=options)
    return [str(value) for value in table.column(name).to_pylist()]


def peak_megabytes() -> float:
    """Read this process's peak memory; the kernel's count of resource usage would include the parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def main(argv: list[str]) -> int:
    """Do one piece of work; write what it measured and the peak memory as JSON."""
    answer, work, kind, *files = argv
    works = {"vectorizer": fit_vectorizer, "train": train, "predict": predict, "alone": alone}
    measured = works[work](kind, *map(Path, files))
    write_whole(answer, json.dumps(measured | {"peak_megabytes": peak_megabytes()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
