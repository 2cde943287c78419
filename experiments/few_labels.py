"""Train on few labelled headlines a section, with and without what unlabelled headlines teach.

Question: how accurate is a classifier of 5, 20 or 100 labelled headlines a section?
Command:  python experiments/few_labels.py --corpora DIR   (20 minutes on two cores; fastText and sentence embeddings
          need ``.[bench]``)
Figure:   points of accuracy that a background of other sources adds to 20 labels a section of the news: 25 to 35.

DIR holds the files named in SOURCES, which are not part of this project, and for the background those of
train_background.py. newsapi_2022_en is trained on January to April and tested on May; of the others a fifth, grouped by
near-duplicates, is tested on. These are not untouched test rows, as CHOSEN says, which stands on the page.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import _common as common
import numpy as np
import pyarrow as pa
from train_background import CORPORA, learn_without

from classify import HeadlineClassifier, learn_background
from classify.features import Background
from classify.splits import divide, prepare_labelled
from classify.text import clean_corpus

SIZES = (5, 20, 100)
DRAWS = 3
TESTED = 6_000  # test headlines at most, drawn at random
SOURCES = ("newsapi_2022_en", "huffpost_41", "indicnews_hi", "thucnews_zh")
WITHOUT, OTHER, OWN = "ours without background", "ours", "ours, unlabelled headlines of the source"
LINEAR, FASTTEXT = "TF-IDF and LinearSVC", "fastText"
EMBEDDED, EMBEDDED_SIZES = "sentence embeddings (MiniLM-L6) and logistic regression", SIZES[:2]
CHOSEN = (
    "The figures of ours with word vectors flatter by a little: the method was chosen on other rows (January to March, "
    "measured on April, and rows of the other corpora that are trained on here), but parts of it earlier on May of "
    "newsapi_2022_en, on a fifth of huffpost_41, and with the test rows of thucnews_zh in view."
)

Answer = Callable[[list[str]], Sequence[str]]
Train = Callable[[list[str], list[str]], Answer]


class Corpus(NamedTuple):
    """Clean headlines and sections to draw from, and to test on."""

    texts: np.ndarray[Any, Any]
    sections: np.ndarray[Any, Any]
    test: np.ndarray[Any, Any]
    truth: np.ndarray[Any, Any]


def load(path: Path) -> Corpus:
    """Read a corpus and divide it: by date if there are dates, else a grouped fifth is tested on."""
    rows = prepare_labelled(common.load_labelled(argparse.Namespace(corpus=str(path))))
    cleaned, _ = clean_corpus(rows.headlines.headline, rows.headlines.publisher)
    texts = np.array(cleaned.to_pylist(), object)
    months = rows.dates.astype("datetime64[M]")
    if np.isnat(months).all():
        held_out = divide(rows, "grouped", 0.2, 0).test.headlines.line
        test = np.isin(rows.headlines.line.to_numpy(), held_out.to_numpy())
        train = ~test
    else:
        train, test = months <= np.datetime64("2022-04"), months == np.datetime64("2022-05")
        known = set(texts[train])
        test &= np.array([text not in known for text in texts])
    some = np.random.default_rng(0).permutation(np.flatnonzero(test))[:TESTED]
    return Corpus(texts[train], rows.sections[train], texts[some], rows.sections[some])


def draw(sections: np.ndarray[Any, Any], size: int | None, seed: int) -> np.ndarray[Any, Any]:
    """Draw so many headlines of each section; all of them for None."""
    order = np.random.default_rng(seed).permutation(len(sections))
    if size is None:
        return order
    return np.concatenate([order[sections[order] == section][:size] for section in np.unique(sections)])


def ours(background: Background | list[Background] | None) -> Train:
    """Train our classifier with a background."""

    def train(texts: list[str], sections: list[str]) -> Answer:
        fitted = HeadlineClassifier(background=background).fit(texts, sections)
        return lambda new: fitted.predict(new).tolist()

    return train


def linear(texts: list[str], sections: list[str]) -> Answer:
    """Train scikit-learn's TF-IDF of words and pairs with LinearSVC."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC())
    model.fit(texts, sections)
    return lambda new: model.predict(new).tolist()


def fasttext_training() -> Train | None:
    """Return the training of fastText with its defaults, pairs of words and enough epochs; None if it is missing."""
    try:
        import fasttext
    except ImportError:
        return None

    def train(texts: list[str], sections: list[str]) -> Answer:
        import tempfile

        names = sorted(set(sections))
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for text, section in zip(texts, sections, strict=True):
                file.write(f"__label__{names.index(section)} {text.lower()}\n")
            file.flush()
            epochs = int(np.clip(200_000 / len(texts), 5, 100))
            model = fasttext.train_supervised(file.name, wordNgrams=2, epoch=epochs, lr=0.5, thread=1, verbose=0)
        return lambda new: [
            names[int(label[0].removeprefix("__label__"))] for label in model.predict([t.lower() for t in new])[0]
        ]

    return train


def methods(folder: Path, name: str, corpus: Corpus) -> dict[str, Train]:
    """Name the ways to train; the backgrounds are learned without test headlines, one without the corpus itself."""
    own = learn_background([pa.array(corpus.texts.tolist())])
    found: dict[str, Train] = {WITHOUT: ours(None)}
    if name in CORPORA:
        others = learn_without(folder, (*corpus.texts, *corpus.test), name)
        found |= {OTHER: ours(others), OWN: ours([others, own])}
    else:
        found[OWN] = ours(own)
    found[LINEAR] = linear
    fasttext = fasttext_training()
    return found if fasttext is None else found | {FASTTEXT: fasttext}


def embedded(corpus: Corpus) -> tuple[Train, float] | None:
    """Return logistic regression on sentence embeddings, computed here, and the seconds for one; None if missing."""
    from _sentence_embeddings import Embedder
    from sklearn.linear_model import LogisticRegression

    try:
        embedder = Embedder()
    except ImportError:
        return None
    drawn = [corpus.texts[draw(corpus.sections, EMBEDDED_SIZES[-1], seed)] for seed in range(DRAWS)]
    texts = sorted({*corpus.test, *np.concatenate(drawn)})
    start = time.perf_counter()
    known = dict(zip(texts, embedder.embed(texts), strict=True))
    seconds = (time.perf_counter() - start) / len(texts)

    def train(texts: list[str], sections: list[str]) -> Answer:
        model = LogisticRegression(C=10, max_iter=1000).fit(np.array([known[text] for text in texts]), sections)
        return lambda new: model.predict(np.array([known[text] for text in new])).tolist()

    return train, seconds


def measure(train: Train, corpus: Corpus, size: int | None, before: float = 0.0) -> common.Json:
    """Train on several draws; return the mean accuracy with its interval, and times.

    The interval is that of a normal distribution, of draws and of test headlines. Where headlines were embedded before,
    the seconds for one are added.
    """
    scores, seconds, answering = [], 0.0, 0.0
    seeds = range(DRAWS if size is not None else 1)
    for seed in seeds:
        rows = draw(corpus.sections, size, seed)
        start = time.perf_counter()
        answer = train(corpus.texts[rows].tolist(), corpus.sections[rows].tolist())
        middle = time.perf_counter()
        found = answer(corpus.test.tolist())
        seconds, answering = seconds + middle - start, answering + time.perf_counter() - middle
        scores.append(float(np.mean(np.array(found, object) == corpus.truth)))
    mean = float(np.mean(scores))
    of_draws = float(np.var(scores, ddof=1)) / len(scores) if len(scores) > 1 else 0.0
    half = 1.96 * (of_draws + mean * (1 - mean) / len(corpus.test)) ** 0.5
    return {
        "n_train": len(rows),
        "accuracy": mean,
        "low": mean - half,
        "high": mean + half,
        "train_seconds": seconds / len(seeds) + before * len(rows),
        "million_seconds": (answering / len(seeds) / len(corpus.test) + before) * 1e6,
    }


def run(args: argparse.Namespace, folder: Path) -> None:
    """Measure every method on every corpus and write results.json; times change from run to run."""
    rows: list[common.Json] = []
    for name in SOURCES:
        corpus = load(args.corpora / f"{name}.csv.gz")
        todo = [(method, train, 0.0, (*SIZES, None)) for method, train in methods(args.corpora, name, corpus).items()]
        if name in CORPORA and (found := embedded(corpus)):
            todo.append((EMBEDDED, *found, EMBEDDED_SIZES))
        for method, train, before, sizes in todo:
            for size in sizes:
                label = "all" if size is None else str(size)
                scores = measure(train, corpus, size, before)
                rows.append({"corpus": name, "method": method, "labels_per_section": label, **scores})
                print(rows[-1], file=sys.stderr, flush=True)
    common.write_results(page(rows), folder, args)


def page(rows: list[common.Json]) -> common.Json:
    """Write the answer: what a background adds with 20 labels a section."""
    name = SOURCES[0]
    base, other, own = (_row(rows, name, method, "20")["accuracy"] for method in (WITHOUT, OTHER, OWN))
    answer = (
        f"With 20 labelled headlines a section of {name}, {base:.3f} of May's are right without background, "
        f"{other:.3f} with word vectors from other sources, and {own:.3f} with its own unlabelled headlines, too. "
        f"{CHOSEN}"
    )
    tables = [
        {"title": f"Accuracy on {name}", "rows": [_without_name(row) for row in rows if row["corpus"] == name]}
        for name in dict.fromkeys(row["corpus"] for row in rows)
    ]
    return common.experiment(
        __doc__,
        "Few labels",
        answer,
        f"accuracy {other:.3f} with 20 labels a section of the news, {base:.3f} without background",
        few_labels=rows,
        figures={
            "few_labels": "Mean accuracy on the same test headlines, with 95 % intervals of draws and test headlines."
        },
        tables=tables,
    )


def _row(rows: Sequence[common.Json], corpus: str, method: str, label: str) -> common.Json:
    """Find one measurement."""
    wanted = corpus, method, label
    return next(row for row in rows if (row["corpus"], row["method"], row["labels_per_section"]) == wanted)


def _without_name(row: common.Json) -> common.Json:
    """Leave out the corpus, which the title names."""
    return {key: value for key, value in row.items() if key != "corpus"}


def figure(numbers: common.Json) -> float:
    """Return the points that a background without the corpus adds with 20 labels a section of the news."""
    base, other = (_row(numbers["few_labels"], SOURCES[0], method, "20")["accuracy"] for method in (WITHOUT, OTHER))
    return float(100 * (other - base))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the corpora")
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
