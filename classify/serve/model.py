"""The model of a service: read from its file, and read again when the file has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier

__all__ = ["ServedModel"]

_Signature = tuple[int, int, int]


class ServedModel:
    """A model and the file that it came from.

    Parameters
    ----------
    path
        Model file, or the name of one that comes with the package; None for the default one.
    tell
        Receives a sentence when the file has been read again, or could not be.

    Attributes
    ----------
    classifier
        The newest model that could be read. Labelling goes on with it while a newer one is read.
    name
        Name of the file, without its folder.
    problem
        Why the present content of the file could not be read; None where it could.
    """

    def __init__(self, path: str | None = None, tell: Callable[[str], None] = lambda _: None) -> None:
        self._path, self._tell = path, tell
        self._signature = self._sign()
        self.classifier = _load(path)
        self.name = Path(path).name if path else "sections"
        self.problem: str | None = None

    def refresh(self) -> bool:
        """Read the file again if it has changed; return whether there is a new model.

        A file that is missing or wrong, perhaps since it is being copied, leaves the model as it was.
        """
        signature = self._sign()
        if signature == self._signature:
            return False
        self._signature = signature
        try:
            self.classifier = _load(self._path)
        except (OSError, ValueError) as error:
            self.problem = " ".join(str(error).split())
            self._tell(f"the model is still the former one, for the changed file cannot be read: {self.problem}")
            return False
        self.problem = None
        self._tell(f"{self.name} has changed and was read again")
        return True

    def _sign(self) -> _Signature | None:
        """Return what differs between two versions of the file; None for a file that is not there."""
        if self._path is None:
            return None
        try:
            found = Path(self._path).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _load(path: str | None) -> HeadlineClassifier:
    """Read a model, and label one headline so that the first client does not wait for what is computed once."""
    from classify.classifier import load_model

    model = load_model(path)
    model.n_jobs = 1  # requests are labelled together
    model.decide(["A headline"], explain=1)
    return model
