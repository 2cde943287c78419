"""Prepare labelled headlines: the one way from a corpus to rows for training, testing and search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from classify.core.arrow import from_strings
from classify.dates import read_dates
from classify.headlines import Headlines
from classify.splits.near_duplicates import joint_groups
from classify.splits.sections import several_sections
from classify.splits.split import split_headlines
from classify.text import clean_corpus

# Headlines dated over more days than this are for a classifier of later ones; between the 5th and the 95th percentile,
# so that a few wrong dates do not count.
_DAYS = 28

IntArray = NDArray[np.int64]
Split = Literal["grouped", "random", "time"]


@dataclass(frozen=True)
class Labelled:
    """Labelled headlines, each of them once.

    Attributes
    ----------
    headlines
        n headlines as given, every one with a section.
    groups
        Shape (n,): near-duplicates and headlines of one story share a number.
    n_unlabelled, n_repeats
        Number of rows that were left out: without headline or section, and repeats of another row.
    """

    headlines: Headlines
    groups: IntArray
    n_unlabelled: int = 0
    n_repeats: int = 0

    def __len__(self) -> int:
        """Return the number of headlines."""
        return len(self.headlines)

    @cached_property
    def sections(self) -> NDArray[Any]:
        """The sections, shape (n,), dtype object."""
        assert self.headlines.section is not None
        return np.array(self.headlines.section.to_pylist(), object)

    @cached_property
    def dates(self) -> NDArray[np.datetime64]:
        """The dates, shape (n,), in seconds; NaT where unknown."""
        if self.headlines.date is None:
            return np.full(len(self), "NaT", "datetime64[s]")
        return read_dates(self.headlines.date)

    @property
    def long_dates(self) -> NDArray[np.datetime64] | None:
        """The dates, unknown ones as the oldest; None where they span four weeks or less, or half are unknown."""
        known = self.dates[~np.isnat(self.dates)]
        if len(known) <= len(self) / 2:
            return None
        low, high = np.quantile(known.astype(np.int64), [0.05, 0.95])
        return np.where(np.isnat(self.dates), known.min(), self.dates) if high - low > _DAYS * 86_400 else None

    def take(self, rows: IntArray) -> Labelled:
        """Return the rows at these positions."""
        return Labelled(self.headlines.take(rows), self.groups[rows])

    def without(self, section: str | None) -> Labelled:
        """Return the rows that do not belong to a section."""
        return self if section is None else self.take(np.flatnonzero(self.sections != section))


@dataclass(frozen=True)
class Parts:
    """Labelled headlines to train on and to test on, with groups in common numbers.

    Attributes
    ----------
    train, test
        The two parts; `train` is None where the training headlines are not known.
    split
        How they were divided: "grouped", "random", "time" or "given test file".
    test_size, seed
        Share of the headlines in the test part, and seed of the split; None for a given test file.
    n_unlabelled, n_repeats
        Number of rows that were left out of both, as in `Labelled`.
    """

    train: Labelled | None
    test: Labelled
    split: str = "given test file"
    test_size: float | None = None
    seed: int | None = None
    n_unlabelled: int = 0
    n_repeats: int = 0

    @property
    def n_crossing(self) -> int | None:
        """Number of test headlines with one of their group among the training headlines; None where unknown."""
        return None if self.train is None else int(np.isin(self.test.groups, self.train.groups).sum())


def with_sections(headlines: Headlines, sections: ArrayLike) -> Headlines:
    """Return headlines with these sections, shape (n,), in place of their own."""
    values = np.asarray(sections).tolist()
    if len(values) != len(headlines):
        raise ValueError(f"{len(headlines)} headlines, but {len(values)} sections; expected one section a headline")
    column = from_strings([None if value is None or value != value else str(value) for value in values])
    return Headlines(**headlines._columns() | {"section": column})


def labelled_rows(headlines: Headlines, several: bool = False) -> Headlines:
    """Return the rows that have a headline and a section.

    Unless `several` are allowed, raise a ValueError where a row has more than one section.

    Examples
    --------
    >>> given = Headlines(pa.array(["Rain", " ", "Cup"]), section=pa.array(["weather", "sport", None]))
    >>> labelled_rows(given).headline.to_pylist()
    ['Rain']
    """
    if not len(headlines):
        raise ValueError("no headlines were found; expected one or more with their sections; add some")
    if headlines.section is None:
        raise ValueError("no column of sections was found; expected one named section, category or label; add it")
    found = {} if several else several_sections(headlines.section)
    if found:
        raise ValueError(
            f"several sections were found in {sum(found.values()):,} of {len(headlines):,} row(s), such as "
            f"{next(iter(found))!r}; expected one a row; keep one of them, leave these rows out, or learn several "
            "a headline with 'classify train --multi-label'"
        )
    worded, labelled = _is_filled(headlines.headline), _is_filled(headlines.section)
    for name, filled in (("sections", labelled), ("headlines", worded)):
        if not filled.any():
            raise ValueError(
                f"the column of {name} is empty in all {len(filled):,} row(s); expected {name} in it; fill it in, or "
                "choose another column"
            )
    if not (worded & labelled).any():
        raise ValueError("no row has both a headline and a section; expected both in one row; fill them in")
    return headlines.take(np.flatnonzero(worded & labelled))


def prepare_labelled(headlines: Headlines) -> Labelled:
    """Prepare labelled headlines for training or testing.

    Rows without headline or section are left out, and of repeats all but one: aggregators list a headline under several
    sections, and as a training example it contradicts itself, as a test headline it can never be right. Case and
    publisher suffixes do not make headlines different. The row kept is the first with the most frequent section of
    that headline; of sections as frequent, the one that came first.

    Examples
    --------
    >>> rows = ["Rovers win - BBC News", "Rovers Win", "Tax vote", "Rovers win"]
    >>> given = pa.array(["general", "sport", "politics", "sport"])
    >>> found = prepare_labelled(Headlines(pa.array(rows), section=given))
    >>> found.headlines.line.to_pylist(), found.n_repeats
    ([2, 3], 2)
    """
    return _prepare([headlines])[0]


def pair_labelled(train: Headlines | None, test: Headlines) -> Parts:
    """Prepare training headlines, None where they are not known, and given test headlines; both may have a headline."""
    if train is None:
        new = prepare_labelled(test)
        return Parts(None, new, n_unlabelled=new.n_unlabelled, n_repeats=new.n_repeats)
    known, new = _prepare([train, test])
    n_unlabelled, n_repeats = known.n_unlabelled + new.n_unlabelled, known.n_repeats + new.n_repeats
    return Parts(known, new, n_unlabelled=n_unlabelled, n_repeats=n_repeats)


def divide(headlines: Headlines | Labelled, split: Split = "grouped", test_size: float = 0.2, seed: int = 0) -> Parts:
    """Divide labelled headlines into a training and a test part.

    Parameters
    ----------
    headlines
        Labelled headlines, as given or prepared.
    split, test_size, seed
        As in `split_headlines`. A section of which all headlines would be test headlines is not tested: they are
        trained on, unless the split is by time.

    Examples
    --------
    >>> from classify.corpora import load_sample
    >>> parts = divide(load_sample())
    >>> parts.n_crossing, len(parts.train) > 3 * len(parts.test)
    (0, True)
    """
    rows = headlines if isinstance(headlines, Labelled) else prepare_labelled(headlines)
    train, test = split_headlines(rows.headlines, split, test_size, seed, rows.groups)
    if split != "time":
        # With all of their group, so that no near-duplicates are left on both sides of a grouped split.
        sections = np.unique(rows.sections.astype(str), return_inverse=True)[1]
        unlearned = ~np.isin(sections[test], sections[train])
        moved = unlearned if split == "random" else np.isin(rows.groups[test], rows.groups[test][unlearned])
        if moved.any() and not moved.all():
            train, test = np.sort(np.append(train, test[moved])), test[~moved]
    return Parts(rows.take(train), rows.take(test), split, test_size, seed, rows.n_unlabelled, rows.n_repeats)


def _prepare(batches: list[Headlines]) -> list[Labelled]:
    """Prepare batches that may share headlines; their groups have common numbers."""
    given = [labelled_rows(each) for each in batches]
    rows = Headlines.concat(given)
    batch = np.repeat(np.arange(len(given)), [len(each) for each in given])
    text = clean_corpus(rows.headline, rows.publisher)[0]
    kept = _first_of_each(text, rows.section, batch)
    distinct, batch = rows.take(kept), batch[kept]
    groups = joint_groups(distinct, text.take(pa.array(kept)))
    parts = [np.flatnonzero(batch == number) for number in range(len(given))]
    return [
        Labelled(distinct.take(part), groups[part], len(all_) - len(some), len(some) - len(part))
        for all_, some, part in zip(batches, given, parts, strict=True)
    ]


def _first_of_each(text: pa.Array, section: pa.Array | None, batch: IntArray) -> IntArray:
    """Choose the row to keep of each distinct text in each batch, in ascending order."""
    texts, sections = _codes(pc.utf8_lower(text)), _codes(section)
    texts += batch * (texts.max() + 1)
    pairs, first, counts = np.unique(texts * (sections.max() + 1) + sections, return_index=True, return_counts=True)
    text_of = pairs // (sections.max() + 1)
    order = np.lexsort((first, -counts, text_of))
    best = order[np.unique(text_of[order], return_index=True)[1]]
    return np.sort(first[best])


def _codes(column: pa.Array) -> IntArray:
    """Number the distinct values of a column."""
    return np.array(column.dictionary_encode().indices.to_numpy(), np.int64)


def _is_filled(column: pa.Array) -> NDArray[np.bool_]:
    """Return which texts have a character other than white space."""
    length = pc.utf8_length(pc.utf8_trim_whitespace(pc.fill_null(column, "")))
    return np.asarray(length.to_numpy(zero_copy_only=False) > 0)
