"""Group headlines into stories, without being told how many stories there are."""

from __future__ import annotations

import sys
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from classify.core.arrow import as_column, from_integers
from classify.core.estimator import Estimator, check_fitted
from classify.core.notebook import table_html
from classify.headlines import Headlines
from classify.stories.days import as_days
from classify.stories.engine import Recent, Settings, continue_stories, group_headlines
from classify.stories.growth import forget, grow
from classify.stories.ids import first_places, hash_ids, identify
from classify.stories.state import KEPT_COLUMNS, Merge, StoryState
from classify.stories.titles import Story, describe, iso_dates, name_stories
from classify.text import clean, find_suffixes

if TYPE_CHECKING:
    from classify.core.arrow import Texts
    from classify.stories.days import Dates
    from classify.stories.ids import Ids

__all__ = ["Story", "StoryClusterer"]

_SHOWN = 20  # stories in a notebook


class StoryClusterer(Estimator):
    """Group headlines into stories.

    Each headline is compared with the 30 most like it. A trained model turns shared words, names and numbers, how
    frequent they are here and in English headlines, and the days between, into the probability that two headlines
    report one story; then groups are merged by average linkage as long as their mean probability is high enough.

    Parameters
    ----------
    n_stories
        The number of stories, or "auto" to find out. Where it is far below that, whole stories are moved to the nearest
        of so many centroids, as in k-means. `assign` may begin more.
    granularity
        1 for stories as a news desk counts them; smaller for single developments, larger for whole affairs. Without
        `n_stories`, stories at a larger value are unions of those at a smaller one.
    window
        The longest silence within a story, in days; None for 14, infinity for no limit. Needs dates. Fewer stories than
        "auto" finds may be silent for longer. `assign` forgets stories after it.
    n_jobs
        Threads, -1 for all cores; the stories do not depend on it, and a file of stories does not keep it.

    Attributes
    ----------
    state_
        All that was learned, a `StoryState`.
    labels_
        The story of each headline seen and not forgotten, shape (n,), numbered from 0 by first appearance. A headline
        without similar ones is a story of its own.

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
        n_jobs: int | None = 2,
    ) -> None:
        self.n_stories = n_stories
        self.granularity = granularity
        self.window = window
        self.n_jobs = n_jobs

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

    def fit(self, headlines: Texts | Headlines, dates: Dates = None, ids: Ids = None) -> Self:
        """Find the stories.

        Parameters
        ----------
        headlines
            The headlines, with or without their publishers; they are cleaned here. A batch of `Headlines` brings its
            dates, and its ids as `identify` makes them.
        dates
            The date of each, in the place where other estimators take `y`, which stories have no use for: ISO 8601
            strings or whatever pandas reads as dates; None or blank where unknown.
        ids
            Strings that identify headlines across calls; None or blank where unknown. `fit` counts every headline,
            also those with the same id; `assign` recognises the ids it has seen.
        """
        settings = self._settings()
        given, days, id_hashes = self._read(headlines, dates, ids)
        n = len(given)
        if not n:
            raise ValueError("no headlines were given; expected at least one; give a file or a list that holds some")
        if settings.n_stories != "auto" and int(settings.n_stories) > n:
            raise ValueError(f"n_stories={self.n_stories} for {n} headlines; expected no more than {n}")
        self._expect_dates(days is not None)
        suffixes = find_suffixes(given.headline, given.publisher)
        given = replace(given, headline=clean(given.headline, suffixes))
        labels = group_headlines(given.headline, days, settings)
        days, numbers = np.full(n, np.nan) if days is None else days, np.arange(int(labels.max()) + 1)
        titles, terms = name_stories(given, days, labels, numbers, suffixes)
        self.state_ = StoryState(suffixes, given, labels, days, id_hashes, numbers, titles, terms, (), len(numbers), n)
        return self

    def fit_predict(self, headlines: Texts | Headlines, dates: Dates = None) -> NDArray[np.int64]:
        """Find the stories and return the story of each headline."""
        return self.fit(headlines, dates).labels_

    def assign(self, headlines: Texts | Headlines, dates: Dates = None, ids: Ids = None) -> NDArray[np.int64]:
        """Assign new headlines to the known stories or to new ones.

        Stories keep their numbers, except that two known stories that turn out to be one get the number of the larger
        one, and `merges_` records it. Stories with new headlines get new titles and terms. Stories that have been
        silent for longer than the window (14 days without one) are forgotten with their headlines, and so are undated
        stories without a headline among the last 50,000.

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
        state, settings = self._fitted(), self._settings()
        given, days, id_hashes = self._read(headlines, dates, ids)
        n_known, n = len(state.labels), len(given)
        first = first_places(state.id_hashes, id_hashes)
        new = np.flatnonzero(first == np.arange(n_known, n_known + n))
        if not len(new):
            return state.labels[first]
        # Where the known headlines are dated, undated ones are compared with all of them, as in `fit`.
        self._expect_dates(days is not None or not np.isnan(state.days).all())
        added = replace(given.take(new), headline=clean(given.headline, state.suffixes).take(from_integers(new)))
        days = np.full(n, np.nan) if days is None else days
        recent = Recent(state.headlines.headline, state.labels, state.days)
        found = continue_stories(added.headline, days[new], recent, state.next_number, settings)
        self.state_ = grow(state, added, days[new], id_hashes[new], found)
        stories = np.zeros(n_known + n, np.int64)
        stories[:n_known], stories[n_known + new] = self.state_.labels[:n_known], found.labels
        self.state_ = forget(self.state_, stories[first], self.window)
        return stories[first]

    @property
    def labels_(self) -> NDArray[np.int64]:
        """The story of each headline seen."""
        return self._fitted().labels

    @property
    def headlines_(self) -> Headlines:
        """The headlines seen, clean, with their dates in ISO 8601 and in UTC."""
        state = self._fitted()
        return replace(state.headlines, date=iso_dates(state.days))

    @property
    def stories_(self) -> list[Story]:
        """The stories by number."""
        return describe(self._fitted())

    @property
    def n_stories_(self) -> int:
        """The number of stories."""
        return len(self._fitted().titles)

    @property
    def merges_(self) -> tuple[Merge, ...]:
        """The stories that were merged into another, by the number no longer used."""
        return self._fitted().merges

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the parameters, and the largest stories."""
        head = super()._repr_html_()
        if not self.__sklearn_is_fitted__():
            return head
        largest = sorted(self.stories_, key=lambda story: -story.size)[:_SHOWN]
        rows = ([story.number, story.title, story.size, ", ".join(story.terms)] for story in largest)
        return head + table_html("Largest stories", ["story", "title", "headlines", "terms"], rows)

    def _learned(self) -> list[tuple[str, object]]:
        """List what was learned, for people."""
        return [("headlines", len(self.labels_)), ("stories", self.n_stories_)]

    def _fitted(self) -> StoryState:
        """Return what was learned; raise a NotFittedError before that."""
        check_fitted(self)
        return self.state_

    def _settings(self) -> Settings:
        """Return the parameters; raise a ValueError for those that cannot work."""
        k = self.n_stories
        if k != "auto" and (isinstance(k, bool | str) or not isinstance(k, Integral) or k < 1):
            raise ValueError(f"n_stories={self.n_stories!r}; expected 'auto' or a whole number, 1 or more")
        if not _is_above_zero(self.granularity) or self.granularity > sys.float_info.max:
            raise ValueError(f"granularity={self.granularity!r}; expected a number above 0; the default is 1")
        if self.window is not None and not _is_above_zero(self.window):
            raise ValueError(f"window={self.window!r}; expected a number of days above 0, or None")
        jobs = self.n_jobs
        if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, Integral) or not jobs):
            raise ValueError(f"n_jobs={jobs!r}; expected a whole number of threads, -1 for all cores, or None")
        return Settings(k, self.granularity, self.window, jobs)

    def _expect_dates(self, dated: bool) -> None:
        """Raise a ValueError for a window without dates."""
        if self.window is not None and not dated:
            raise ValueError(f"window={self.window} but no headline is dated; expected dates; give them or no window")

    def _read(
        self, headlines: Texts | Headlines, dates: Dates, ids: Ids
    ) -> tuple[Headlines, NDArray[np.float64] | None, NDArray[np.uint64]]:
        """Return the columns that are kept, the days and the hashes of the ids."""
        if isinstance(headlines, Headlines):
            dates = headlines.date if dates is None else dates
            ids = identify(headlines) if ids is None else ids
        else:
            headlines = Headlines(as_column(headlines))
        n = len(headlines)
        days, id_hashes = as_days(dates, n), hash_ids(ids, n)
        columns = {name: getattr(headlines, name) for name in KEPT_COLUMNS}
        return Headlines(**columns), days, id_hashes


def _is_above_zero(value: object) -> bool:
    """Return whether a parameter is a number above 0."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool) and bool(value > 0)
