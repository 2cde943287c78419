"""A background on disk: the same after loading, nothing but data, and damaged files are refused."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify import ModelFileError, learn_background, load_background, load_sample, save_background
from classify.features.backgroundfile import FILE


@pytest.fixture(scope="module")
def background():
    """Learn from a part of the embedded corpus."""
    return learn_background([load_sample().headline.slice(0, 500)], n_dims=8)


@pytest.fixture(scope="module")
def content(background, tmp_path_factory):
    """Return the bytes of its file."""
    path = tmp_path_factory.mktemp("background") / "b.safetensors"
    assert save_background(background, path) == path.stat().st_size
    return path.read_bytes()


def rewritten(content, n_headlines=None, **arrays):
    """Change arrays or a number and bring the checksum up to date."""
    from safetensors.numpy import load, save

    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["classify"])
    changed = {**load(content), **arrays}
    header |= {} if n_headlines is None else {"n_headlines": n_headlines}
    return save(changed, metadata={"classify": json.dumps(FILE.sign(header, changed))})


def test_what_is_loaded_is_what_was_saved(background, content, tmp_path):
    (tmp_path / "b").write_bytes(content)
    loaded = load_background(tmp_path / "b")
    assert loaded.words.equals(background.words)
    assert np.array_equal(loaded.df, background.df)
    assert np.array_equal(loaded.vectors, background.vectors)
    assert loaded.known_share(["Rovers win the cup"]) == background.known_share(["Rovers win the cup"])
    save_background(loaded, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == content


@given(st.sampled_from(["cut", "flip", "noise"]), st.floats(0, 0.999999), st.integers(1, 255), st.binary())
def test_a_damaged_file_is_refused_and_never_misread(content, tmp_path_factory, kind, place, change, noise):
    path = tmp_path_factory.getbasetemp() / "damaged-background.safetensors"
    at = int(place * len(content))
    flipped = content[:at] + bytes([content[at] ^ change]) + content[at + 1 :]
    path.write_bytes({"cut": content[:at], "flip": flipped, "noise": noise}[kind])
    try:
        loaded = load_background(path)
    except ModelFileError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        # A changed byte may lie in a part without meaning, such as white space of the header.
        save_background(loaded, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda b: {"df": b.df[:-1]}, "document frequencies"),
        (lambda b: {"df": b.df * 0}, "document frequencies"),
        (lambda b: {"df": b.df * 1000}, "document frequencies"),
        (lambda b: {"n_headlines": 2.5}, "number of headlines"),
        (lambda b: {"words": np.frombuffer(b"one\ntwo\n" * 40, np.uint8)}, "words"),
        (lambda b: {"words": np.empty(0, np.uint8)}, "words"),
        (lambda b: {"steps": b.steps * np.float32(np.nan)}, "steps"),
        (lambda b: {"steps": -b.steps}, "steps"),
        (lambda b: {"steps": b.steps[:4]}, "vectors"),
        (lambda b: {"codes": np.full((len(b), 4), 255, np.uint8)}, "vectors"),
        (lambda b: {"codes": np.zeros((len(b), 4), np.int32)}, "arrays"),
        (lambda b: {"more": b.df}, "arrays"),
    ],
)
def test_parts_that_do_not_fit_are_refused(background, content, tmp_path, change, words):
    (tmp_path / "b").write_bytes(rewritten(content, **change(background)))
    with pytest.raises(ModelFileError, match=rf"its {words} do(es)? not fit"):
        load_background(tmp_path / "b")


def test_a_model_is_not_a_background(tmp_path):
    from classify import HeadlineClassifier, save_model

    model = HeadlineClassifier(n_folds=2).fit(["a cup", "a vote"] * 2, ["sport", "politics"] * 2)
    save_model(model, tmp_path / "model")
    with pytest.raises(ModelFileError, match="its format is not 'classify-background'"):
        load_background(tmp_path / "model")
