"""The trained network from features of a pair of headlines to the probability that they report one story."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classify.core.threads import in_threads

_FILE = Path(__file__).with_name("pair_model.json")

# Pairs weighed at a time: their columns stay in the processor's caches.
_CHUNK = 20_000

# Probabilities are multiples of this, so that sums of them are exact in any order.
STEP = 2.0**-16

# Standardised features are cut here, so that nothing unseen in training weighs without bound.
LIMIT = 6.0


@dataclass(frozen=True)
class PairModel:
    """A network with one hidden layer of rectified linear units.

    Attributes
    ----------
    features
        Names of the features, in order.
    mean, scale
        Shape (n_features,): features are centred and divided by these, then cut at 6 either way.
    hidden, hidden_bias
        Shape (n_features, n_hidden) and (n_hidden,).
    output, output_bias
        Shape (n_hidden,) and a number.
    threshold
        Mean probability from which two groups are one story.
    """

    features: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output: NDArray[np.float32]
    output_bias: float
    threshold: float

    def probabilities(self, features: NDArray[np.float32], n_jobs: int | None = 1) -> NDArray[np.float64]:
        """Return the probability of each pair, a multiple of 2^-16.

        Sums are taken feature by feature, so that a pair has the same probability alone and among others.
        """
        parts = [features[start : start + _CHUNK] for start in range(0, len(features), _CHUNK)]
        return np.concatenate(in_threads(self._chunk, parts, n_jobs)) if parts else np.zeros(0)

    def _chunk(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Compute the probabilities of some pairs."""
        columns = np.clip((features - self.mean) / self.scale, -LIMIT, LIMIT).T.copy()
        total = np.full(len(features), np.float32(self.output_bias))
        for weights, bias, out in zip(self.hidden.T, self.hidden_bias, self.output, strict=True):
            unit = np.full(len(features), bias)
            for column, weight in zip(columns, weights, strict=True):
                unit += column * weight
            total += np.maximum(unit, np.float32(0)) * out
        return np.round(1 / (1 + np.exp(-total.astype(np.float64))) / STEP) * STEP

    def write(self, path: Path) -> None:
        """Write the model as JSON."""
        values = {name: np.asarray(value).tolist() for name, value in vars(self).items()}
        path.write_text(json.dumps(values) + "\n", encoding="utf-8")


def read_model(path: Path) -> PairModel:
    """Read a model from JSON."""
    values = json.loads(path.read_text(encoding="utf-8"))
    arrays = {name: np.array(values[name], np.float32) for name in ("mean", "scale", "hidden", "hidden_bias", "output")}
    return PairModel(
        features=tuple(values["features"]),
        output_bias=float(values["output_bias"]),
        threshold=float(values["threshold"]),
        **arrays,
    )


@cache
def default_model() -> PairModel:
    """Return the model that comes with the package."""
    return read_model(_FILE)
