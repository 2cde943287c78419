"""Sentence embeddings of all-MiniLM-L6-v2 in NumPy, to compare with; the extra `bench` installs its weights.

The network is that of Devlin et al. (2019, "BERT"), with six layers of 384 dimensions (Wang et al. 2020, "MiniLM"); an
embedding is the mean of a text's last layer, of unit length (Reimers and Gurevych 2019, "Sentence-BERT").
"""

from __future__ import annotations

import json
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, cast

import numpy as np
from scipy.special import erf

Array = np.ndarray[Any, np.dtype[np.float32]]

_HEADS, _LONGEST, _AT_A_TIME = 12, 128, 256


class Embedder:
    """The network and its vocabulary."""

    def __init__(self) -> None:
        """Load the weights from the package; an ImportError without it."""
        from safetensors.numpy import load

        with zipfile.ZipFile(import_module("all_minilm_l6_v2").get_model_zip_path()) as files:
            self.weights = {
                name: array.astype(np.float32) for name, array in load(files.read("model.safetensors")).items()
            }
            self.vocabulary: dict[str, int] = json.loads(files.read("tokenizer.json"))["model"]["vocab"]

    def embed(self, texts: Sequence[str]) -> Array:
        """Return the embeddings, shape (n, 384), of unit length."""
        tokens, known = {text: self.tokens(text) for text in texts}, dict[str, Array]()
        # Texts of the same number of tokens together: there is nothing to mask.
        order = sorted(tokens, key=lambda text: (len(tokens[text]), text))
        for batch in _of_equal_length(order, tokens):
            found = self._network(np.array([tokens[text] for text in batch])).mean(axis=1)
            known |= dict(zip(batch, found / np.linalg.norm(found, axis=1, keepdims=True), strict=True))
        return np.array([known[text] for text in texts])

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of the word pieces between [CLS] and [SEP]."""
        pieces = [piece for word in _words(text) for piece in self._pieces(word)]
        return [self.vocabulary[name] for name in ("[CLS]", *pieces[: _LONGEST - 2], "[SEP]")]

    def _pieces(self, word: str) -> list[str]:
        """Cut a word into the longest pieces that are known, from the left."""
        pieces, start = list[str](), 0
        while start < len(word):
            marked = ("##" if start else "") + word[start:]
            end = next((end for end in range(len(marked), 2 if start else 0, -1) if marked[:end] in self.vocabulary), 0)
            if not end:
                return ["[UNK]"]
            pieces.append(marked[:end])
            start += end - (2 if start else 0)
        return pieces

    def _network(self, ids: Array) -> Array:
        """Return the last layer, shape (n, n_tokens, 384)."""
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for i in range(6):
            layer = f"encoder.layer.{i}"
            heads = [self._heads(x, f"{layer}.attention.self.{name}") for name in ("query", "key", "value")]
            scores = heads[0] @ heads[1].swapaxes(2, 3) / np.float32(np.sqrt(heads[0].shape[3]))
            scores = np.exp(scores - scores.max(axis=3, keepdims=True))
            mixed = (scores / scores.sum(axis=3, keepdims=True)) @ heads[2]
            mixed = mixed.swapaxes(1, 2).reshape(x.shape)
            dense = self._dense(mixed, f"{layer}.attention.output.dense")
            x = self._norm(x + dense, f"{layer}.attention.output.LayerNorm")
            inner = self._dense(x, f"{layer}.intermediate.dense")
            inner *= (1 + erf(inner * np.float32(np.sqrt(0.5)))) / 2
            x = self._norm(x + self._dense(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        return x

    def _dense(self, x: Array, name: str) -> Array:
        """Apply a linear layer."""
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return cast(Array, flat.reshape(*x.shape[:-1], -1))

    def _heads(self, x: Array, name: str) -> Array:
        """Apply a linear layer and divide its dimensions among the heads."""
        return cast(Array, self._dense(x, name).reshape(*x.shape[:2], _HEADS, -1).swapaxes(1, 2))

    def _norm(self, x: Array, name: str) -> Array:
        """Normalise the last axis."""
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return cast(Array, centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])


def _of_equal_length(order: list[str], tokens: dict[str, list[int]]) -> Iterator[list[str]]:
    """Cut sorted texts where their number of tokens changes, and into batches."""
    start = 0
    for end in range(1, len(order) + 1):
        full = end - start == _AT_A_TIME
        if end == len(order) or full or len(tokens[order[end]]) != len(tokens[order[start]]):
            yield order[start:end]
            start = end


def _words(text: str) -> list[str]:
    """Lower the case, remove accents, and put punctuation apart.

    >>> _words("Café's 2nd")
    ['cafe', "'", 's', '2nd']
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    return "".join(f" {c} " if _is_apart(c) else c for c in plain).split()


def _is_apart(character: str) -> bool:
    """Return whether a character is a word of its own: punctuation, any sign of ASCII, a Chinese character."""
    ascii_sign = character.isascii() and not character.isalnum() and not character.isspace()
    return ascii_sign or unicodedata.category(character).startswith("P") or "\u3400" <= character <= "\u9fff"
