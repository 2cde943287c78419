"""A model file that is damaged or forged is refused in one sentence."""

from __future__ import annotations

import json
import pickle
import struct

import numpy as np
import pytest
from hostile_cases import ask, fill, refused, sound_model

from classify.classifier.modelfile import FILE


def forged(content, changes=None, **arrays):
    """Change the header or the arrays of a model, checksum and all, as an attacker would."""
    from safetensors.numpy import load, save

    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["classify"])
    data = load(content) | {name: change(load(content)[name]) for name, change in arrays.items()}
    header = FILE.sign(header | (changes or {}), data) | {
        name: value for name, value in (changes or {}).items() if name == "sha256"
    }
    return save(data, metadata={"classify": json.dumps(header)})


def swapped(_content):
    """A sound file of arrays that is not a model."""
    from safetensors.numpy import save

    return save({"weights": np.zeros(4, np.float32)})


# Models: what is done to the bytes of a sound one.
MODELS = {
    "a model cut off": lambda content: content[:-1000],
    "a model cut off in its header": lambda content: content[:100],
    "a model of eight bytes": lambda content: content[:8],
    "a model with one bit changed": lambda content: content[:-50] + bytes([content[-50] ^ 1]) + content[-49:],
    "a model with more behind it": lambda content: content + bytes(100),
    "a model of another version": lambda content: forged(content, {"version": 99}),
    "a model of another format": lambda content: forged(content, {"format": "something else"}),
    "a model without a checksum": lambda content: forged(content, {"sha256": None}),
    "a model of other arrays": swapped,
    "a header that claims 2^60 bytes": lambda content: struct.pack("<Q", 1 << 60) + content[8:],
    "a header that is deeply nested": lambda content: struct.pack("<Q", 200_000) + b"[" * 200_000,
    "an array that claims 2^60 bytes": lambda content: content.replace(b'"U8"', b'"F64"', 1),
    "a model with a pickle inside": lambda content: pickle.dumps(content),
    "weights that are no numbers": lambda content: forged(content, coef=lambda a: np.full_like(a, np.nan)),
    "fewer weights than words": lambda content: forged(content, coef=lambda a: a[:-1]),
    "thresholds that are missing": lambda content: forged(content, thresholds=lambda a: a[:0]),
    "a calibration of another shape": lambda content: forged(content, calibration=lambda a: a[:, :1].copy()),
    "words out of order": lambda content: forged(content, unigrams=lambda a: a[::-1].copy()),
    "pairs of unknown words": lambda content: forged(content, pairs=lambda a: a + 2**30),
    **{
        f"a column for a row of {name}": lambda content, name=name: forged(content, **{name: lambda a: a[:, None] + 0})
        for name in ("unigrams", "word_idf", "char_idf", "token_df", "thresholds")
    },
    "n-grams that outweigh every number": lambda content: forged(content, {"params": {"char_weight": 1e308}}),
    "terms that are no text": lambda content: forged(content, tokens=lambda a: np.full_like(a, 255)),
    "sections that are none": lambda content: forged(content, {"sections": 7}),
    "too few sections": lambda content: forged(content, {"sections": ["sport"]}),
    "the same section twice": lambda content: forged(content, {"sections": ["sport", "sport", "sport", "sport"]}),
    "parameters that are none": lambda content: forged(content, {"params": {"no_such": 1}}),
    "parameters of another kind": lambda content: forged(content, {"params": {"word_ngrams": {"a": []}}}),
    "n-grams without end": lambda content: forged(content, {"params": {"char_ngrams": [1, 10**9]}}),
    "a count that is none": lambda content: forged(content, {"n_samples": "many"}),
    "a count without end": lambda content: forged(content, {"n_samples": float("inf")}),
    "a limit that is none": lambda content: forged(content, {"char_max_df": "many"}),
    "a limit below none": lambda content: forged(content, {"char_max_df": -1}),
    "suffixes that are none": lambda content: forged(content, {"tails": 7}),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a model and a table."""
    monkeypatch.chdir(tmp_path)
    return fill(tmp_path)


@pytest.mark.parametrize("case", MODELS)
def test_a_model_that_is_not_sound_is_refused(case, folder, capsys):
    (folder / "evil.safetensors").write_bytes(MODELS[case](sound_model()))
    for argv in (["predict", "-m", "evil.safetensors", "Rovers win"], ["inspect", "-m", "evil.safetensors"]):
        refused(*ask(capsys, argv), "evil.safetensors: ")


def test_the_sound_model_is_sound(folder, capsys):
    """Forging nothing changes nothing: the refusals above are for what was changed."""
    (folder / "same.safetensors").write_bytes(forged(sound_model()))
    assert ask(capsys, ["predict", "-m", "same.safetensors", "Rovers win"]) == (0, "")
