"""The corpus that comes with the package, and public corpora: fetch, verify, convert to our columns.

A public corpus is fetched from its publisher's own address into a folder, where it stays. An
interrupted download is resumed. Files are checked against their known checksum; where none is known, that of the
first download is recorded in the same folder, and later ones are compared with it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv

from classify.core.files import replacing
from classify.corpora.layouts import LAYOUTS, find_layout
from classify.headlines import Headlines, ReadError
from classify.readers import HeadlineReader, InputFormat, read_headlines
from classify.readers.columns import KNOWN_NAMES

__all__ = ["CORPORA", "Corpus", "convert", "fetch", "load_sample"]

ALL_COLUMNS = ("id", *(name for name in KNOWN_NAMES if name != "id"))
LAYOUT_COLUMNS = tuple(name for name in ALL_COLUMNS if name != "code")  # no public corpus has codes


@dataclass(frozen=True)
class Corpus:
    """A public corpus: what it is, under which licence, from which address.

    Parameters
    ----------
    title
        Its name for people.
    licence
        What its publisher allows, to be shown before it is fetched.
    home
        The page that describes it.
    files
        For each of its files: address, and checksum ("md5:..." or "sha256:...") where one is known.
    layout
        How the files are laid out: a name of `classify.corpora.layouts.LAYOUTS`.
    """

    title: str
    licence: str
    home: str
    files: tuple[tuple[str, str | None], ...]
    layout: str


_AG = "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv"
CORPORA: Mapping[str, Corpus] = MappingProxyType(
    {
        "uci_news": Corpus(
            "UCI News Aggregator (422,000 headlines, 4 sections, stories, 2014)",
            "CC BY 4.0 (F. Gasparetti, UCI Machine Learning Repository)",
            "https://archive.ics.uci.edu/dataset/359/news+aggregator",
            (("https://archive.ics.uci.edu/static/public/359/news+aggregator.zip", None),),
            "uci_news",
        ),
        "bbc": Corpus(
            "BBC (D. Greene and P. Cunningham; 2,225 articles, 5 sections, 2004-2005)",
            "for non-commercial research only; the articles are the BBC's",
            "http://mlg.ucd.ie/datasets/bbc.html",
            (("http://mlg.ucd.ie/files/datasets/bbc-fulltext.zip", None),),
            "bbc",
        ),
        "ag_news": Corpus(
            "AG News (A. Gulli; X. Zhang's selection of 127,600 headlines, 4 sections, 2004-2005)",
            "for research and any other non-commercial activity",
            "http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
            (
                (f"{_AG}/train.csv", "md5:b1a00f826fdfbd249f79597b59e1dc12"),
                (f"{_AG}/test.csv", "md5:d52ea96a97a2d943681189a97654912d"),
            ),
            "ag_news",
        ),
        "huffpost": Corpus(
            "HuffPost News Category (R. Misra; 210,000 headlines, 42 sections, 2012-2022)",
            "CC BY 4.0",
            "https://www.kaggle.com/datasets/rmisra/news-category-dataset",
            (("https://www.kaggle.com/api/v1/datasets/download/rmisra/news-category-dataset", None),),
            "huffpost",
        ),
        "million_headlines": Corpus(
            "A Million News Headlines (R. Kulkarni; ABC Australia, no sections, 2003-2021)",
            "CC0 1.0",
            "https://doi.org/10.7910/DVN/SYBGZL",
            (
                (
                    "https://dataverse.harvard.edu/api/access/dataset/:persistentId/"
                    "?persistentId=doi:10.7910/DVN/SYBGZL&format=original",
                    None,
                ),
            ),
            "million_headlines",
        ),
    }
)


def load_sample() -> Headlines:
    """Load the embedded corpus: headlines of four sections, written for this project.

    Returns
    -------
    :
        All its headlines, with id, section, story, date and publisher.

    Raises
    ------
    FileNotFoundError
        If the package was installed without its data.

    Examples
    --------
    >>> sorted(set(load_sample().section.to_pylist()))
    ['entertainment', 'politics', 'sport', 'tech']
    """
    packaged = files("classify").joinpath("data", "headlines.csv")
    checkout = Path(__file__).resolve().parents[2] / "data" / "headlines.csv"
    if not packaged.is_file():
        return Headlines.concat(read_headlines(checkout))
    with packaged.open("rb") as stream:
        return Headlines.concat(read_headlines(cast(BinaryIO, stream)))


def fetch(corpus: str | Corpus, folder: str | Path | None = None) -> Path:
    """Fetch a public corpus, unless it is there already, and convert it to our columns.

    Parameters
    ----------
    corpus
        A name of `CORPORA`, or a corpus of one's own.
    folder
        Where it is kept; by default the cache folder of the user.

    Returns
    -------
    :
        A CSV file with the columns id, headline, section, story, date, publisher, url.

    Raises
    ------
    ValueError
        If no corpus has that name.
    ReadError
        If it cannot be fetched, is not what it was, or is in no layout that is known.
    """
    from classify.corpora.downloads import cache_folder, download  # pooch and requests take 0.3 s

    if isinstance(corpus, str) and corpus not in CORPORA:
        raise ValueError(f"found no corpus {corpus!r}; expected one of {', '.join(CORPORA)}; choose one of these")
    name = corpus if isinstance(corpus, str) else corpus.layout
    corpus = CORPORA[corpus] if isinstance(corpus, str) else corpus
    place = cache_folder() if folder is None else Path(folder)
    paths = [download(url, checksum, place / name) for url, checksum in corpus.files]
    target = place / f"{name}.csv"
    if not target.is_file() or target.stat().st_mtime < max(path.stat().st_mtime for path in paths):
        with LAYOUTS[corpus.layout].open(paths) as reader:
            _write(reader, target, LAYOUT_COLUMNS)
    return target


def convert(
    source: str | Path,
    target: str | Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    date_column: str | None = None,
    id_column: str | None = None,
    input_format: InputFormat | None = None,
    encoding: str | None = None,
) -> HeadlineReader:
    """Write any source of headlines, or the archive of a public corpus, as CSV with our columns.

    Parameters
    ----------
    source
        Any source of `read_headlines`, or a zip archive of one of `CORPORA`.
    target
        The file to write; it is written completely or not at all.
    text_column, label_column, date_column, id_column, input_format, encoding
        As for `read_headlines`.

    Returns
    -------
    :
        The reader, at its end: its description, and the number and lines of the rows skipped.

    Raises
    ------
    ReadError
        If the source cannot be read.
    """
    layout = find_layout(Path(source)) if zipfile.is_zipfile(source) else None
    if layout is not None:
        reader = LAYOUTS[layout].open([Path(source)])
    else:
        reader = read_headlines(
            source,
            text_column=text_column,
            label_column=label_column,
            date_column=date_column,
            id_column=id_column,
            input_format=input_format,
            encoding=encoding,
        )
    with reader:
        _write(reader, Path(target), ALL_COLUMNS if layout is None else LAYOUT_COLUMNS)
    return reader


def _write(reader: HeadlineReader, target: Path, names: Sequence[str]) -> None:
    """Write the named columns of batches as CSV, with blanks where a column is unknown."""
    schema = pa.schema([(name, pa.string()) for name in names])
    options = pa.csv.WriteOptions(quoting_style="needed")
    try:
        with (
            replacing(target) as file,
            pa.csv.CSVWriter(pa.PythonFile(file, "w"), schema, write_options=options) as out,
        ):
            for batch in reader:
                columns = [getattr(batch, name) for name in names]
                blank = pa.nulls(len(batch), pa.string())
                out.write(pa.record_batch([blank if column is None else column for column in columns], schema=schema))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ReadError(
            f"{target.name}: found a damaged archive ({error}); expected a whole one; fetch it again"
        ) from None
