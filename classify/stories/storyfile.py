"""Stories on disk, to go on from: an `ArrayFile`, so that loading runs no code.

Format version 1. The arrays are those of `StoryClusterer.to_arrays`, which have a version of their own; the header
holds nothing more. To raise the version: write the new one in `save_stories`, let `load_stories` read both, keep a file
of the old version among the tests.
"""

from __future__ import annotations

from pathlib import Path

from classify.core.arrayfile import ArrayFile
from classify.stories.clusterer import StoryClusterer

_FILE = ArrayFile("classify-stories", 1, "file of stories", "'classify cluster -m'", "cluster anew")


def save_stories(clusterer: StoryClusterer, path: str | Path) -> int:
    """Write all that a fitted clusterer needs to take in more headlines, whole or not at all.

    Parameters
    ----------
    clusterer
        A fitted clusterer.
    path
        Where to; an older file is replaced once the new one is complete.

    Returns
    -------
    :
        The size of the file in bytes.

    Examples
    --------
    >>> import tempfile
    >>> headlines = ["Rovers win cup final", "Late goal wins cup for Rovers", "Budget vote delayed", "Vote on budget"]
    >>> clusterer = StoryClusterer().fit(headlines)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_stories(clusterer, f"{folder}/stories.safetensors")
    ...     load_stories(f"{folder}/stories.safetensors").assign(["Rovers parade the cup"]).tolist()
    [0]
    """
    from classify.core.files import write_whole

    content = _FILE.pack(clusterer.to_arrays())
    write_whole(path, content)
    return len(content)


def load_stories(path: str | Path) -> StoryClusterer:
    """Read stories from a file that `save_stories` wrote.

    A file that is truncated, altered, of another format or of a later version is a `ModelFileError`; one that cannot
    be opened an OSError. Memory stays in proportion to the size of the file.
    """
    return _FILE.load(path, lambda _, arrays: StoryClusterer.from_arrays(arrays))
