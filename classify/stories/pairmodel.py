"""The trained model from features of a pair of headlines to the probability that they report one story."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("pair_model.json")

# Probabilities are multiples of this, so that sums of them are exact in any order.
STEP = 2.0**-16

# Standardised features are cut here, so that no feature weighs more than in training.
LIMIT = 6.0


@dataclass(frozen=True)
class Logistic:
    """A logistic regression.

    Attributes
    ----------
    features
        Names of the features.
    mean, scale
        Shape (n_features,): features are centred, divided by their scale and cut at 6 either way.
    weights
        Shape (n_features,).
    bias
        The log odds of a pair with mean features.
    """

    features: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: float

    def probabilities(self, features: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float64]:
        """Return the probability of each pair, a multiple of 2^-16.

        Sums are taken feature by feature, so that a pair has the same probability alone and among others.

        Examples
        --------
        >>> one = np.ones(1, np.float32)
        >>> model = Logistic(("cosine",), 0 * one, one, one, 0.0)
        >>> model.probabilities({"cosine": np.array([0.0, 9.0], np.float32)}).round(2).tolist()
        [0.5, 1.0]
        """
        total = np.float32(self.bias)
        for name, mean, scale, weight in zip(self.features, self.mean, self.scale, self.weights, strict=True):
            total = total + np.clip((features[name] - mean) / scale, -LIMIT, LIMIT) * weight
        return np.asarray(np.round(1 / (1 + np.exp(-total.astype(np.float64))) / STEP) * STEP)


@dataclass(frozen=True)
class PairModel:
    """Two logistic regressions, the second on what the first finds, and a threshold.

    Attributes
    ----------
    first
        On the `PairFeatures` of a pair.
    second
        On its `Agreement` by the probabilities of the first.
    threshold
        Mean probability from which two groups are one story.
    """

    first: Logistic
    second: Logistic
    threshold: float


def write_model(model: PairModel, path: Path) -> None:
    """Write a model as JSON, a line for each feature."""
    parts = {name: _pack(part) for name, part in (("first", model.first), ("second", model.second))}
    text = json.dumps({"threshold": model.threshold, **parts}, indent=1)
    # Numbers of one feature on one line.
    lines = text.replace("[\n    ", "[").replace(",\n    ", ", ").replace("\n   ]", "]")
    path.write_text(lines + "\n", encoding="utf-8")


def _pack(part: Logistic) -> dict[str, Any]:
    """Return a regression as JSON."""
    rows = np.stack([part.mean, part.scale, part.weights], axis=1).astype(float).tolist()
    return {"bias": part.bias, "features": dict(zip(part.features, rows, strict=True))}


def read_model(path: Path) -> PairModel:
    """Read a model from JSON."""
    values = json.loads(path.read_text(encoding="utf-8"))
    return PairModel(_unpack(values["first"]), _unpack(values["second"]), values["threshold"])


def _unpack(values: dict[str, Any]) -> Logistic:
    """Return a regression from JSON."""
    mean, scale, weights = np.array(list(values["features"].values()), np.float32).T
    return Logistic(tuple(values["features"]), mean, scale, weights, values["bias"])


@cache
def default_model() -> PairModel:
    """Return the model that comes with the package.

    Examples
    --------
    >>> 0 < default_model().threshold < 1
    True
    """
    return read_model(FILE)
