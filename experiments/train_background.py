"""Learn the English background that comes with the package: document frequencies and word vectors.

Question: how large is what can be learned about English words from unlabelled headlines, and how long does it take?
Command:  python experiments/train_background.py --corpora DIR   (two minutes on two cores)
Figure:   some 42,000 words in less than 6 MB.

The headlines are not part of this project; DIR holds the files named in CORPORA. What is published are words in three
headlines or more, the number of headlines each is in, and a vector for each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from classify import learn_background, read_headlines, save_background
from classify.text import clean_corpus

HERE = Path(__file__).resolve().parent

CORPORA = (
    *("newsapi_2022_en", "huffpost_41", "huffpost_2018_22", "allsides_abp", "uci_news_partial", "ag_news_test"),
    *("indicnews_en_dedup", "gnews_top_en_2025_26", "newsflow_bbc_2024_26", "neus_triples"),
)

# So many words of 256 half-byte components take less than 6 MB. With 192 dimensions, 20 labelled headlines a section of
# huffpost_41 gave 0.5 points less on a fifth of its training rows; half as many words 0.2 points less.
MAX_WORDS = 42_000


def headlines(folder: Path, names: Sequence[str] = CORPORA) -> Iterator[pa.StringArray]:
    """Read and clean the headlines of the corpora, whatever their labels."""
    for name in names:
        with read_headlines(str(folder / f"{name}.csv.gz")) as reader:
            for batch in reader:
                yield clean_corpus(batch.headline, batch.publisher)[0]


def main(argv: Sequence[str] | None = None) -> int:
    """Learn and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the corpora")
    parser.add_argument(
        "--model",
        type=Path,
        default=HERE.parent / "classify" / "models" / "background.safetensors",
        metavar="FILE",
        help="file to write (default: %(default)s)",
    )
    args = parser.parse_args(argv)
    background = learn_background(headlines(args.corpora), max_words=MAX_WORDS)
    size = save_background(background, args.model)
    print(
        f"{len(background):,} words, the rarest in {background.df.min()} of {background.n_headlines:,} different "
        f"headlines; {size:,} bytes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
