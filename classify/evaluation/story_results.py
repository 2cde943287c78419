"""Types of what an evaluation of stories measured: the keys of results.json, as in `classify.evaluation.results`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Bcubed(TypedDict):
    """B-cubed precision, recall and F1."""

    precision: float
    recall: float
    f1: float
    f1_low: NotRequired[float]
    f1_high: NotRequired[float]


class StoryScores(TypedDict):
    """Agreement of two groupings."""

    bcubed: Bcubed
    adjusted_rand: float
    v_measure: float


class StoryBaseline(TypedDict):
    """Agreement of another way to group with the true stories, where those are known."""

    name: str
    bcubed: NotRequired[Bcubed]
    adjusted_rand: NotRequired[float]
    v_measure: NotRequired[float]


class StoryData(TypedDict):
    """The headlines that were clustered."""

    name: str
    n_headlines: int
    n_true_stories: int | None
    first_date: str | None
    last_date: str | None


class StoryModel(TypedDict):
    """The clusterer."""

    description: str
    params: dict[str, Any]


class ListedHeadline(TypedDict):
    """A headline of a story; the date is in ISO 8601 and in UTC, with the time where it is known."""

    headline: str
    date: str | None
    publisher: str | None
    url: str | None


class StoryPart(TypedDict):
    """A development of a large story: so many of its headlines, which follow those of the part before."""

    title: str
    size: int
    first: str
    last: str


class ListedStory(TypedDict):
    """A story with its headlines, earliest first; publishers and sections begin with the most frequent."""

    story: int
    title: str
    terms: list[str]
    size: int
    first: str | None
    last: str | None
    section: str | None
    sections: list[str]
    publishers: list[str]
    n_publishers: int
    parts: list[StoryPart]
    headlines: list[ListedHeadline]


class MixedStory(TypedDict):
    """A story that was found, and from how many true ones its headlines are."""

    story: int
    title: str
    size: int
    true_stories: int


class SplitStory(TypedDict):
    """A true story with its first headline, and over how many of those found it is spread."""

    true_story: str
    headline: str
    size: int
    stories: int


class PlacedStory(TypedDict):
    """A story on a plane."""

    x: float
    y: float
    story: int
    size: int
    title: str
    section: str | None


class TimelineDay(TypedDict):
    """Number of headlines of each listed story on one day."""

    date: str
    counts: dict[str, int]


class Stability(TypedDict):
    """How much the stories depend on which headlines there are, and on their order; see `stability`."""

    bootstrap: float
    permuted_pairs_changed: float


class Choice(TypedDict):
    """A score for each number of stories, and the number chosen."""

    k: list[int]
    score: list[float]
    chosen: int
    score_name: str


class StoryEvaluation(TypedDict):
    """The measurements of a clustering; a part that was not measured is None."""

    kind: Literal["stories"]
    title: str
    created_with: dict[str, str]
    data: StoryData
    model: StoryModel
    n_stories: int
    n_singletons: int
    scores: StoryScores | None
    baselines: list[StoryBaseline]
    worst_mixed: list[MixedStory] | None
    worst_split: list[SplitStory] | None
    choice: Choice | None
    sizes: list[int]
    stories: list[ListedStory]
    map: list[PlacedStory]
    timeline: list[TimelineDay] | None
    stability: Stability | None
    scale: list[dict[str, float]] | None
