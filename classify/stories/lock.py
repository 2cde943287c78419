"""Update a file of stories so that runs at the same time follow each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from classify.core.lock import locked
from classify.stories.clusterer import StoryClusterer
from classify.stories.storyfile import load_stories, save_stories


@contextmanager
def updating(
    path: str | Path, target: str | Path | None = None, on_wait: Callable[[], None] = lambda: None
) -> Iterator[StoryClusterer]:
    """Load stories and save them when the block ends without an error; no other run updates the file meanwhile.

    Another run waits for a lock beside the file. Where the system has no locks, or where the file was replaced by
    `save_stories`, which takes none, a run that finds the file changed since it was loaded raises an error instead of
    replacing it.

    Parameters
    ----------
    path
        A file that `save_stories` wrote.
    target
        The file to write, by default the same; another one needs no lock.
    on_wait
        Called once where another run holds the lock.

    Raises
    ------
    ValueError
        If the file was changed by another run meanwhile.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/stories.safetensors"
    ...     _ = save_stories(StoryClusterer().fit(["Rovers win cup final", "Budget vote delayed"]), path)
    ...     with updating(path) as clusterer:
    ...         _ = clusterer.assign(["Storm floods coast"])
    ...     load_stories(path).n_stories_
    3
    """
    path = Path(os.path.realpath(path))
    if target is not None and Path(os.path.realpath(target)) != path:
        clusterer = load_stories(path)
        yield clusterer
        save_stories(clusterer, target)
        return
    with locked(path, on_wait):
        before, clusterer = _version(path), load_stories(path)
        yield clusterer
        if _version(path) != before:
            raise ValueError(
                f"{path}: another run replaced the file while this one worked; expected one run at a time; nothing was "
                "written to it, run this one again"
            )
        save_stories(clusterer, path)


def _version(path: Path) -> tuple[int, int, int]:
    """Return what changes when a file is replaced."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
