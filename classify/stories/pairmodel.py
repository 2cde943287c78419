"""The trained model from features of a pair of headlines to the probability that they report one story."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("pair_model.json")

# Probabilities are multiples of this, so that sums of them are exact in any order.
STEP = 2.0**-16

# Standardised features are cut here, so that no feature weighs more than in training.
LIMIT = 6.0


@dataclass(frozen=True)
class PairModel:
    """A logistic regression.

    Attributes
    ----------
    features
        Names of the features, in order.
    mean, scale
        Shape (n_features,): features are centred, divided by their scale and cut at 6 either way.
    weights
        Shape (n_features,).
    bias
        The log odds of a pair with mean features.
    threshold
        Mean probability from which two groups are one story.
    """

    features: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: float
    threshold: float

    def probabilities(self, features: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float64]:
        """Return the probability of each pair, a multiple of 2^-16.

        Sums are taken feature by feature, so that a pair has the same probability alone and among others.

        Examples
        --------
        >>> one = np.ones(1, np.float32)
        >>> model = PairModel(("cosine",), 0 * one, one, one, 0.0, 0.5)
        >>> model.probabilities({"cosine": np.array([0.0, 9.0], np.float32)}).round(2).tolist()
        [0.5, 1.0]
        """
        total = np.float32(self.bias)
        for name, mean, scale, weight in zip(self.features, self.mean, self.scale, self.weights, strict=True):
            total = total + np.clip((features[name] - mean) / scale, -LIMIT, LIMIT) * weight
        return np.asarray(np.round(1 / (1 + np.exp(-total.astype(np.float64))) / STEP) * STEP)

    def write(self, path: Path) -> None:
        """Write the model as JSON, a line for each feature."""
        numbers = np.stack([self.mean, self.scale, self.weights], axis=1).tolist()
        rows = [f"    {json.dumps(name)}: {row}" for name, row in zip(self.features, numbers, strict=True)]
        head = f'{{\n  "bias": {self.bias},\n  "threshold": {self.threshold},\n  "features": {{\n'
        path.write_text(head + ",\n".join(rows) + "\n  }\n}\n", encoding="utf-8")


def read_model(path: Path) -> PairModel:
    """Read a model from JSON."""
    values = json.loads(path.read_text(encoding="utf-8"))
    mean, scale, weights = np.array(list(values["features"].values()), np.float32).T
    return PairModel(tuple(values["features"]), mean, scale, weights, values["bias"], values["threshold"])


@cache
def default_model() -> PairModel:
    """Return the model that comes with the package.

    Examples
    --------
    >>> 0 < default_model().threshold < 1
    True
    """
    return read_model(FILE)
