"""Rank the headlines whose label looks wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from classify.audit.explain import name_rows, reasons
from classify.audit.signals import Publisher, Signals, collect_signals, combine_signals
from classify.headlines import Headlines

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Audit", "audit_labels", "find_suspicious"]

COLUMNS = ("id", "headline", "section", "suggested", "probability", "reason", "corrected")
"""The columns of a table of suspicious labels."""

# The model is near chance unless it avoids, at the lower end of the 95 % interval, a tenth of the mistakes of always
# choosing the most frequent section. Not tuned: any share well under that of a usable model serves.
_LEAST_GAIN = 0.1


@dataclass(frozen=True)
class Audit:
    """The suspicious labels of a corpus, and how well the model that ranked them agrees with its labels.

    Attributes
    ----------
    table
        The headlines for which another section is more probable than the given one, with the columns of `COLUMNS`, by
        rising probability of the given section; see `find_suspicious`.
    n_headlines
        Number of headlines audited.
    accuracy
        Share of the headlines whose label the out-of-fold model predicts, 0 to 1.
    most_frequent
        Share of the headlines that are of the most frequent section, 0 to 1.
    publishers
        The publishers whose name alone predicts the section, most headlines first.
    """

    table: pd.DataFrame
    n_headlines: int
    accuracy: float
    most_frequent: float
    publishers: list[Publisher]

    @property
    def near_chance(self) -> bool:
        """Whether the model hardly predicts the labels better than their most frequent one, so that it cannot rank."""
        low = self.accuracy - 1.96 * np.sqrt(self.accuracy * (1 - self.accuracy) / self.n_headlines)
        return bool(low < self.most_frequent + _LEAST_GAIN * (1 - self.most_frequent))


def audit_labels(headlines: Headlines, *, n_folds: int = 5, n_jobs: int | None = 2, random_state: int = 0) -> Audit:
    """Rank the headlines whose section looks wrong, and measure the model that ranks them.

    See `find_suspicious` for the parameters and errors.

    Examples
    --------
    >>> from classify import load_sample
    >>> audit = audit_labels(load_sample().slice(0, 600))
    >>> audit.n_headlines, audit.near_chance
    (600, False)
    """
    if n_folds < 2:
        raise ValueError(f"n_folds={n_folds!r}; expected a whole number from 2")
    signals = collect_signals(headlines, n_folds, n_jobs, random_state)
    accuracy = float((signals.proba.argmax(axis=1) == signals.y).mean())
    most_frequent = float(np.bincount(signals.y).max() / len(signals.y))
    return Audit(_table(signals), len(signals.y), accuracy, most_frequent, signals.predicting)


def find_suspicious(
    headlines: Headlines, *, n_folds: int = 5, n_jobs: int | None = 2, random_state: int = 0
) -> pd.DataFrame:
    """List the headlines whose section looks wrong, the most suspicious first.

    The probability of each section is that of a linear model trained on the other folds, with near-duplicates in the
    same fold, combined with the labels of near-duplicates and with the publisher. That another section is more probable
    does not make a label wrong: it is a list to read from the top. `audit_labels` also measures the model.

    Parameters
    ----------
    headlines
        n headlines with a section each.
    n_folds
        Folds for the out-of-fold probabilities, 2 or more.
    n_jobs
        Threads for training; the result does not depend on it.
    random_state
        Seed of the folds and of the order in which headlines are visited.

    Returns
    -------
        The headlines for which another section is more probable than the given one, with the columns of `COLUMNS`:
        ``probability`` is that of the given section, 0 to 1, ascending; ``suggested`` is the most probable one;
        ``reason`` explains why; ``corrected`` is blank, to be filled in for `apply_corrections`; ``id`` is the
        line number where a headline has none.

    Raises
    ------
    ValueError
        If there are no sections, some are blank, all are the same, or all headlines are near-duplicates of each other.

    Examples
    --------
    >>> from classify.core.arrow import from_strings
    >>> texts = ["Rovers win cup", "Rovers win cup", "Rovers win cup", "MPs vote", "MPs vote", "MPs vote on tax"]
    >>> sections = ["sport", "politics", "sport", "politics", "politics", "politics"]
    >>> table = find_suspicious(Headlines(from_strings(texts), section=from_strings(sections)))
    >>> table[["id", "section", "suggested"]].values.tolist()[:1]
    [['2', 'politics', 'sport']]
    """
    return audit_labels(headlines, n_folds=n_folds, n_jobs=n_jobs, random_state=random_state).table


def _table(signals: Signals) -> pd.DataFrame:
    """Rank the headlines for which another section is more probable."""
    import pandas as pd

    proba, y = combine_signals(signals), signals.y
    of_given = proba[np.arange(len(y)), y]
    best = proba.argmax(axis=1)
    listed = np.flatnonzero(best != y)
    listed = listed[np.argsort(of_given[listed], kind="stable")]
    rows = pa.array(listed, pa.int64())
    columns = {
        "id": name_rows(signals.headlines).take(rows).to_pylist(),
        "headline": signals.headlines.headline.take(rows).to_pylist(),
        "section": signals.sections[y[listed]].tolist(),
        "suggested": signals.sections[best[listed]].tolist(),
        "probability": np.round(of_given[listed], 6),
        "reason": list(reasons(signals, listed)),
        "corrected": [""] * len(listed),
    }
    texts = {name: str for name in COLUMNS if name != "probability"}
    return pd.DataFrame(columns, columns=list(COLUMNS)).astype(texts)
