"""Progress bars and messages for a person at a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

from classify.cli import common

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.headlines import Headlines
    from classify.readers import HeadlineReader

_TOTAL = "{percentage:3.0f}%|{bar}| {desc}[{elapsed}<{remaining}]"
_NO_TOTAL = "{desc}[{elapsed}]"


def watched(reader: HeadlineReader, args: argparse.Namespace, model: HeadlineClassifier) -> Iterator[Headlines]:
    """Yield batches; show a bar at a terminal, and with -v report at the end how many suffixes were removed."""
    batches = _with_bar(reader) if _wanted(args) else reader
    if not args.verbose:
        yield from batches
        return
    from classify.text import count_suffixes

    suffixed = total = 0
    for batch in batches:
        suffixed, total = suffixed + count_suffixes(batch.headline, model.suffixes_), total + len(batch)
        yield batch
    common.tell(f"publisher suffixes removed from {suffixed:,} of {total:,} headlines")


def step(words: str) -> None:
    """Print at a terminal what is being done, since it may take a minute."""
    if sys.stderr is not None and sys.stderr.isatty():
        common.tell(f"{words} ...")


def _wanted(args: argparse.Namespace) -> bool:
    """Return whether standard error is a terminal, and the answers are not printed at the same one."""
    answers_shown = args.output in (None, "-") and sys.stdout.isatty()
    return sys.stderr is not None and sys.stderr.isatty() and not answers_shown


def _with_bar(reader: HeadlineReader) -> Iterator[Headlines]:
    """Show how much of a file is read, how many headlines a second, and the time left."""
    from tqdm import tqdm

    done, size = reader.progress
    begin, count = monotonic(), 0
    with tqdm(total=size, leave=False, miniters=1, bar_format=_TOTAL if size else _NO_TOTAL) as bar:
        for batch in reader:
            yield batch
            count += len(batch)
            rate = count / max(monotonic() - begin, 1e-3)
            bar.set_description_str(f"{count:,} headlines, {rate:,.0f} a second ", refresh=False)
            done = reader.progress[0]
            bar.update(done - bar.n)
