"""Stories on disk, to go on from: arrays and a JSON header in the safetensors format, so that loading runs no code.

Format version 1. The header's only metadata key, ``classify``, holds JSON: format, version, and the SHA-256 of the
arrays, which are those of `StoryClusterer.to_arrays`. To raise the version: write the new one in `save_stories`, let
`load_stories` read both, keep a file of the old version among the tests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from classify.modelfile import ModelFileError, digest_arrays, header_size, read_whole
from classify.stories import StoryClusterer

FORMAT, VERSION = "classify-stories", 1

_REMEDY = "expected one written by 'classify cluster -m'"


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
    from safetensors.numpy import save

    from classify.files import write_whole

    arrays = clusterer.to_arrays()
    header = {"format": FORMAT, "version": VERSION, "sha256": digest_arrays(arrays)}
    content = bytes(save(arrays, metadata={"classify": json.dumps(header)}))
    write_whole(path, content)
    return len(content)


def load_stories(path: str | Path) -> StoryClusterer:
    """Read stories from a file that `save_stories` wrote.

    A file that is truncated, altered, of another format or of a later version is a `ModelFileError`; one that cannot
    be opened an OSError. Memory stays in proportion to the size of the file.
    """
    content = read_whole(path)
    try:
        return StoryClusterer.from_arrays(_parse(content))
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from None


def _parse(content: bytes) -> dict[str, NDArray[Any]]:
    """Check a file's bytes and take them apart."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    size = header_size(content)
    if not 2 <= size <= len(content) - 8:
        raise ValueError(f"this is no whole file of stories; {_REMEDY}; copy it again or cluster anew")
    try:
        header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["classify"])
        arrays: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        raise ValueError(f"this is no file of stories; {_REMEDY}; name another file") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT!r}; {_REMEDY}; name another file")
    if header.get("version") != VERSION:
        raise ValueError(
            f"it has format version {header.get('version')!r}; expected {VERSION}; "
            "use the version of classify that wrote it, or cluster anew"
        )
    if header.get("sha256") != digest_arrays(arrays):
        raise ValueError(f"its content was altered or damaged; {_REMEDY}; copy it again or cluster anew")
    return arrays
