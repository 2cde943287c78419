"""Learn the English background that comes with the package: document frequencies and word vectors.

Question: how large is what can be learned about English words from unlabelled headlines, and how long does it take?
Command:  python experiments/train_background.py --corpora DIR   (half a minute)
Figure:   megabytes of the file: 5 to 6.

The headlines are not part of this project; DIR holds the files named in CORPORA. What is published are words in three
headlines or more, the number of headlines each is in, and a vector for each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import _common as common
import numpy as np
import pyarrow as pa

from classify import Background, learn_background, read_headlines, save_background
from classify.text import clean_corpus

HERE = Path(__file__).resolve().parent

# Corpora of known stories are left out: their words would be more frequent here than those of a new story are.
CORPORA = (
    *("newsapi_2022_en", "huffpost_41", "huffpost_2018_22", "allsides_abp", "ag_news_test", "indicnews_en_dedup"),
    *("gnews_top_en_2025_26", "newsflow_bbc_2024_26"),
)

# So many words of 256 half-byte components take less than 6 MB. With 192 dimensions, 20 labelled headlines a section of
# huffpost_41 gave 0.5 points less on a fifth of its training rows; half as many words 0.2 points less.
MAX_WORDS = 42_000

SHOWN = ("minister", "midfielder", "vaccine", "shares", "smartphone", "oscars", "volcano", "recipe")


def headlines(folder: Path, names: Sequence[str] = CORPORA, hidden: Iterable[str] = ()) -> Iterator[pa.StringArray]:
    """Read and clean the headlines of the corpora, whatever their labels, less those hidden, in any case."""
    hidden = {text.lower() for text in hidden}
    for name in names:
        with read_headlines(str(folder / f"{name}.csv.gz")) as reader:
            for batch in reader:
                column = clean_corpus(batch.headline, batch.publisher)[0]
                yield pa.array([text for text in column.to_pylist() if text.lower() not in hidden], pa.string())


def learn_without(folder: Path, hidden: Iterable[str], name: str | None = None) -> Background:
    """Learn what comes along without the headlines hidden, such as those tested on, nor any of a corpus."""
    return learn_background(headlines(folder, [each for each in CORPORA if each != name], hidden), max_words=MAX_WORDS)


def run(args: argparse.Namespace, folder: Path) -> None:
    """Learn, write the background and results.json."""
    background = learn_background(headlines(args.corpora), max_words=MAX_WORDS)
    size = save_background(background, args.model)
    common.write_results(page(background, size), folder, args)


def page(background: Background, size: int) -> common.Json:
    """Write the answer: words, headlines and bytes."""
    words, df = background.words.to_pylist(), background.df
    rarest = int(df.min())
    answer = (
        f"{len(words):,} words, each in {rarest} or more of {background.n_headlines:,} different headlines, with "
        f"vectors of {len(background.steps)} dimensions, in {size:,} bytes."
    )
    rows = [{"word": word, "neighbours": ", ".join(neighbours(background, word))} for word in SHOWN if word in words]
    return common.experiment(
        __doc__,
        "The English background",
        answer,
        f"{len(words):,} words of {background.n_headlines:,} headlines in {size / 1e6:.1f} MB",
        n_words=len(words),
        n_headlines=background.n_headlines,
        size_bytes=size,
        tables=[{"title": "Words with the most similar vectors", "rows": rows}],
    )


def neighbours(background: Background, word: str, n: int = 8) -> list[str]:
    """Name the words of the most similar vectors, by cosine, among those in 50 headlines or more."""
    words = background.words.to_pylist()
    vectors = background.vectors / np.maximum(np.linalg.norm(background.vectors, axis=1), 1e-9)[:, None]
    likeness = np.where(background.df >= 50, vectors @ vectors[words.index(word)], -1)
    return [words[i] for i in np.argsort(-likeness, kind="stable")[1 : n + 1]]


def figure(numbers: common.Json) -> float:
    """Return the size of the file in megabytes."""
    return float(numbers["size_bytes"]) / 1e6


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the corpora")
    parser.add_argument(
        "--model",
        type=Path,
        default=HERE.parent / "classify" / "models" / "background.safetensors",
        metavar="FILE",
        help="file to write (default: %(default)s)",
    )
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
