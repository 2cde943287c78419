"""Group headlines into stories."""

from classify.stories.clusterer import Story, StoryClusterer
from classify.stories.ids import identify
from classify.stories.lock import updating
from classify.stories.storyfile import load_stories, save_stories

__all__ = [
    "Story",
    "StoryClusterer",
    "identify",
    "load_stories",
    "save_stories",
    "updating",
]
