"""Group headlines into stories, without being told how many stories there are."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classify.core.estimator import Estimator, check_fitted
from classify.stories import engine
from classify.stories.batch import Batch, prepare
from classify.stories.days import as_days
from classify.stories.ids import first_places, hash_ids
from classify.stories.state import StoryState
from classify.stories.titles import Story, describe, title_stories
from classify.text import clean, find_suffixes

if TYPE_CHECKING:
    from classify.core.arrow import Texts
    from classify.stories.days import Dates
    from classify.stories.ids import Ids

__all__ = ["Story", "StoryClusterer"]


class StoryClusterer(Estimator):
    """Group headlines into stories.

    Similar headlines are linked and merged by average linkage into small groups; then, as in k-means, each headline
    moves to the story that explains its words best until none moves. The granularity is estimated from the size of
    the groups and the modularity of the links. Dates count as far as linked headlines are closer in time than any
    two; headlines further apart than that are not linked.

    Parameters
    ----------
    n_stories
        The number of stories, or "auto" to estimate it. A number far below the estimate gives broad themes.
    granularity
        1 for stories as a news desk counts them; smaller for single events, larger for broader themes.
    window
        The longest silence within a story, in days; None for any. Needs dates.
    random_state
        Seed of the centres of themes; stories depend on the headlines only.

    Attributes
    ----------
    state_
        All that was learned, a `StoryState`.
    labels_
        The story of each headline seen, shape (n,), numbered from 0 by first appearance. A headline without
        similar ones is a story of its own.
    merges_
        Mean cosine of the two groups in each merge of the linkage, highest first.

    Examples
    --------
    >>> headlines = ["Rovers win cup final", "Late goal wins cup for Rovers", "Budget vote delayed", "Vote on budget"]
    >>> clusterer = StoryClusterer().fit(headlines)
    >>> clusterer.labels_.tolist()
    [0, 0, 1, 1]
    >>> clusterer.assign(["Rovers parade the cup", "Storm floods the coast"]).tolist()
    [0, 2]
    >>> clusterer.stories_[1].title
    'Budget vote delayed'
    """

    _estimator_type = "clusterer"

    state_: StoryState

    def __init__(
        self,
        n_stories: int | str = "auto",
        *,
        granularity: float = 1.0,
        window: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_stories = n_stories
        self.granularity = granularity
        self.window = window
        self.random_state = random_state

    @classmethod
    def from_state(cls, state: StoryState, **params: Any) -> Self:  # noqa: ANN401 (those of the constructor)
        """Return a fitted clusterer with these parameters that continues from a state.

        Examples
        --------
        >>> fitted = StoryClusterer().fit(["Rovers win cup", "Cup win for Rovers", "Budget vote"])
        >>> StoryClusterer.from_state(fitted.state_).assign(["Rovers win"]).tolist()
        [0]
        """
        clusterer = cls(**params)
        clusterer._settings()
        clusterer.state_ = state
        return clusterer

    def fit(self, headlines: Texts, dates: Dates = None, ids: Ids = None) -> Self:
        """Find the stories.

        Parameters
        ----------
        headlines
            The headlines, with or without their publishers; they are cleaned here.
        dates
            The date of each: ISO 8601 strings or whatever pandas reads as dates; None or blank where unknown.
        ids
            Strings that identify headlines across calls; None or blank where unknown. `fit` counts every headline,
            also those with the same id; `assign` recognises the ids it has seen.
        """
        settings = self._settings()
        headlines = _as_texts(headlines)
        suffixes = find_suffixes(headlines)
        column = clean(headlines, suffixes)
        n, days, id_hashes = len(column), as_days(dates, len(column)), hash_ids(ids, len(column))
        batch = self._prepare(column, days)
        if not n:
            raise ValueError("no headlines were given; expected at least one; give a file or a list that holds some")
        if settings.n_stories != "auto" and int(settings.n_stories) > n:
            raise ValueError(f"n_stories={self.n_stories} for {n} headlines; expected no more than {n}")
        labels, learned = engine.find(batch, settings)
        titles, terms = title_stories(batch, labels, np.arange(len(learned.known.sizes)))
        days = np.full(n, np.nan) if days is None else days
        self.state_ = StoryState(suffixes, labels, days, id_hashes, titles, terms, learned)
        return self

    def fit_predict(self, headlines: Texts, dates: Dates = None) -> NDArray[np.int64]:
        """Find the stories and return the story of each headline."""
        return self.fit(headlines, dates).labels_

    def assign(self, headlines: Texts, dates: Dates = None, ids: Ids = None) -> NDArray[np.int64]:
        """Assign new headlines to the known stories or to new ones.

        Known headlines and stories keep their numbers. The time taken grows with the number of new headlines.

        Parameters
        ----------
        headlines, dates, ids
            As for `fit`. A headline whose id was seen before, in this call or an earlier one, gets the story it has,
            and is not counted again.

        Returns
        -------
        :
            The story of each headline; `labels_` and `stories_` grow by those that are new.

        Examples
        --------
        >>> clusterer = StoryClusterer().fit(["Rovers win cup", "Budget vote delayed"], ids=["a", "b"])
        >>> clusterer.assign(["Budget vote delayed", "Storm floods coast"], ids=["b", "c"]).tolist()
        [1, 2]
        >>> clusterer.labels_.tolist()
        [0, 1, 2]
        """
        state = self._fitted()
        column, n_known = clean(_as_texts(headlines), state.suffixes), len(state.labels)
        days, id_hashes = as_days(dates, len(column)), hash_ids(ids, len(column))
        first = first_places(state.id_hashes, id_hashes)
        new = np.flatnonzero(first == np.arange(n_known, n_known + len(column)))
        stories = np.append(state.labels, np.zeros(len(column), np.int64))
        if len(new):
            self._take_in(column.take(pa.array(new)), None if days is None else days[new], id_hashes[new])
            stories[n_known + new] = self.labels_[n_known:]
        return stories[first]

    @property
    def labels_(self) -> NDArray[np.int64]:
        """The story of each headline seen."""
        return self._fitted().labels

    @property
    def merges_(self) -> NDArray[np.float64]:
        """Mean cosine of the two groups in each merge of the linkage, highest first."""
        return self._fitted().learned.merges

    @property
    def stories_(self) -> list[Story]:
        """The stories by number."""
        state = self._fitted()
        return describe(state.titles, state.terms, state.labels, state.days)

    @property
    def n_stories_(self) -> int:
        """The number of stories."""
        return len(self._fitted().titles)

    def _fitted(self) -> StoryState:
        """Return what was learned; raise a NotFittedError before that."""
        check_fitted(self)
        return self.state_

    def _settings(self) -> engine.Settings:
        """Return the parameters; raise a ValueError for those that cannot work."""
        k = self.n_stories
        if k != "auto" and (isinstance(k, bool | str) or not isinstance(k, Integral) or k < 1):
            raise ValueError(f"n_stories={self.n_stories!r}; expected 'auto' or a whole number, 1 or more")
        if not self.granularity > 0:
            raise ValueError(f"granularity={self.granularity!r}; expected a number above 0; the default is 1")
        if self.window is not None and not self.window > 0:
            raise ValueError(f"window={self.window!r}; expected a number of days above 0, or None")
        return engine.Settings(k, self.granularity, self.window, self.random_state)

    def _prepare(self, column: pa.Array, days: NDArray[np.float64] | None) -> Batch:
        """Turn clean headlines into rows."""
        if self.window is not None and days is None:
            raise ValueError(f"window={self.window} but no headline is dated; expected dates; give them or no window")
        return prepare(column, days)

    def _take_in(self, column: pa.Array, days: NDArray[np.float64] | None, id_hashes: NDArray[np.uint64]) -> None:
        """Assign clean headlines that were not seen before."""
        state, batch = self.state_, self._prepare(column, days)
        labels, learned = engine.extend(state.learned, batch, state.labels, state.days, self.window)
        sizes, before = learned.known.sizes, state.learned.known.sizes
        # Stories that have doubled are titled anew.
        grown = np.flatnonzero(sizes[: len(before)] >= 2 * before)
        numbers = np.append(grown, np.arange(len(before), len(sizes)))
        titles, terms = [*state.titles, *[""] * len(sizes)], [*state.terms, *[()] * len(sizes)]
        for number, title, telling in zip(numbers, *title_stories(batch, labels, numbers), strict=True):
            titles[number], terms[number] = title, telling
        self.state_ = replace(
            state,
            labels=np.append(state.labels, labels),
            days=np.append(state.days, np.full(len(labels), np.nan) if days is None else days),
            id_hashes=np.append(state.id_hashes, id_hashes),
            titles=tuple(titles[: len(sizes)]),
            terms=tuple(terms[: len(sizes)]),
            learned=learned,
        )


def _as_texts(headlines: Texts) -> Texts:
    """Refuse a single string, which is a sequence of strings too."""
    if isinstance(headlines, str | bytes):
        raise ValueError("a single string was given; expected a sequence of headlines, e.g. a list")
    return headlines if isinstance(headlines, pa.Array | pa.ChunkedArray) else list(headlines)
