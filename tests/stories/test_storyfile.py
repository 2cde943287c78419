"""Stories on disk: the same answers after loading, nothing but data, and the command that goes on from them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from story_samples import HEADLINES

from classify import ModelFileError, StoryClusterer, load_sample, load_stories, save_stories
from classify.core.arrayfile import ArrayFile
from classify.stories.storyfile import pack, unpack

ROWS = 500


@pytest.fixture(scope="module")
def fitted():
    """Return stories of a part of the embedded corpus."""
    sample = load_sample().slice(0, ROWS)
    return StoryClusterer().fit(sample.headline, sample.date)


@pytest.fixture(scope="module")
def content(fitted, tmp_path_factory):
    """Return their file's bytes."""
    path = tmp_path_factory.mktemp("stories") / "s.safetensors"
    assert save_stories(fitted, path) == path.stat().st_size
    return path.read_bytes()


def altered(content, **changes):
    """Change the file's own header, the arrays left as they are."""
    from safetensors.numpy import load, save

    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["classify"])
    return save(load(content), metadata={"classify": json.dumps({**header, **changes})})


class TestFile:
    def test_loaded_stories_go_on_as_those_in_memory(self, content, tmp_path):
        sample = load_sample().slice(0, ROWS + 200)
        in_memory = StoryClusterer().fit(sample.headline[:ROWS], sample.date[:ROWS])
        (tmp_path / "s").write_bytes(content)
        loaded = load_stories(tmp_path / "s")
        assert loaded.stories_ == in_memory.stories_
        new = sample.headline[ROWS:], sample.date[ROWS:]
        assert np.array_equal(loaded.assign(*new), in_memory.assign(*new))
        assert loaded.stories_ == in_memory.stories_

    def test_the_same_bytes_every_time(self, content, tmp_path):
        (tmp_path / "one").write_bytes(content)
        save_stories(load_stories(tmp_path / "one"), tmp_path / "two")
        assert (tmp_path / "two").read_bytes() == content

    def test_it_is_data_only(self, content):
        size = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8 : 8 + size])
        kinds = {value["dtype"] for name, value in header.items() if name != "__metadata__"}
        assert kinds <= {"U8", "U64", "I64", "F64"}

    @given(st.sampled_from(["cut", "flip", "noise"]), st.floats(0, 0.999999), st.integers(1, 255), st.binary())
    def test_a_damaged_file_is_refused_and_never_misread(self, content, tmp_path_factory, kind, place, change, noise):
        path = tmp_path_factory.getbasetemp() / "damaged-stories.safetensors"
        at = int(place * len(content))
        flipped = content[:at] + bytes([content[at] ^ change]) + content[at + 1 :]
        path.write_bytes({"cut": content[:at], "flip": flipped, "noise": noise}[kind])
        try:
            loaded = load_stories(path)
        except ModelFileError as error:
            assert str(path) in str(error)  # noqa: PT017
        else:
            # A changed byte may lie in a part that carries no meaning, such as white space of the header.
            save_stories(loaded, path)
            assert path.read_bytes() == content

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"version": 99}, "version 99; expected 1"),
            ({"format": "classify-headline-model"}, "format is not 'classify-stories'"),
            ({"sha256": "0" * 64}, "altered or damaged"),
        ],
    )
    def test_what_is_wrong_is_named(self, content, changes, words, tmp_path):
        (tmp_path / "s").write_bytes(altered(content, **changes))
        with pytest.raises(ModelFileError, match=words):
            load_stories(tmp_path / "s")

    def test_arrays_that_do_not_fit_are_refused_though_their_checksum_does(self, fitted, tmp_path):
        arrays = pack(fitted)
        arrays["labels"] = arrays["labels"] + 1
        (tmp_path / "s").write_bytes(ArrayFile("classify-stories", 1, 1, "", "", "").pack(arrays))
        with pytest.raises(ModelFileError, match="do not fit each other"):
            load_stories(tmp_path / "s")

    def test_a_file_of_the_first_version_is_read_and_knows_no_ids(self, tmp_path):
        old = load_stories(Path(__file__).parent / "stories-version-1.bin")
        assert old.labels_.tolist() == [0, 0, 1, 1]
        assert old.assign(["Budget vote delayed"], ids=["a"]).tolist() == [1]
        assert len(old.labels_) == 5
        save_stories(old, tmp_path / "s")
        again = load_stories(tmp_path / "s")
        assert again.assign(["Budget vote delayed"], ids=["a"]).tolist() == [1]
        assert len(again.labels_) == 5

    def test_a_file_of_the_second_version_is_read(self, tmp_path):
        old = load_stories(Path(__file__).parent / "stories-version-2.bin")
        assert old.get_params() == {"n_stories": "auto", "granularity": 0.9, "window": 30, "n_jobs": 2}
        assert old.labels_.tolist() == [0, 0, 1, 1]
        assert [story.size for story in old.stories_] == [2, 2]
        assert old.stories_[1].last == "2026-01-03T00:00:00"
        assert old.assign(["Vote on budget", "Snow closes pass"], ["2026-01-04"] * 2, ["d", "e"]).tolist() == [1, 2]
        save_stories(old, tmp_path / "s")
        assert load_stories(tmp_path / "s").stories_ == old.stories_

    def test_a_seed_of_earlier_files_is_ignored_and_threads_are_not_of_the_file(self):
        arrays = pack(StoryClusterer(n_jobs=1).fit(HEADLINES))
        texts = json.loads(arrays["state"].tobytes())
        assert sorted(texts["params"]) == ["granularity", "n_stories", "window"]
        texts["params"]["random_state"] = 7
        arrays["state"] = np.frombuffer(json.dumps(texts).encode(), np.uint8)
        assert unpack(arrays).get_params() == StoryClusterer().get_params()

    def test_ids_are_hashed_alike_in_every_process(self):
        hashes = StoryClusterer().fit(["Rain", "Hail"], ids=["a", "\u00e9"]).state_.id_hashes
        assert hashes.tolist() == [17508005127702757215, 8278062457674268280]

    def test_a_missing_file_is_an_oserror(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load_stories(tmp_path / "none")


class TestArrays:
    def test_arrays_and_back(self):
        sample = load_sample()
        clusterer = StoryClusterer(granularity=0.9).fit(sample.headline[:800], sample.date[:800])
        arrays = pack(clusterer)
        assert all(isinstance(array, np.ndarray) and array.ndim == 1 for array in arrays.values())
        again = unpack({name: array.copy() for name, array in arrays.items()})
        assert again.get_params() == clusterer.get_params()
        assert again.stories_ == clusterer.stories_
        new = sample.headline[800:1000], sample.date[800:1000]
        assert np.array_equal(again.assign(*new), clusterer.assign(*new))
        for name, array in pack(again).items():
            assert np.array_equal(array, pack(clusterer)[name], equal_nan=array.dtype.kind == "f"), name

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("state", lambda a: a[:-1]),
            ("state", lambda a: np.frombuffer(b"[" * 200_000, np.uint8)),
            ("state", lambda a: np.frombuffer(b"[]", np.uint8)),
            ("labels", lambda a: a + 1),
            ("labels", lambda a: -a),
            ("labels", lambda a: a.astype(float)),
            ("labels", lambda a: a[1:]),
            ("id_hashes", lambda a: a[1:]),
            ("id_hashes", lambda a: a.astype(np.int64)),
            ("days", lambda a: a[:, None]),
            *(("days", lambda a, day=day: np.full(len(a), day)) for day in (np.inf, 1e300, -1e300, 3e6, -8e5)),
        ],
    )
    def test_tampered_arrays_are_refused(self, name, change):
        arrays = pack(StoryClusterer().fit(HEADLINES))
        arrays[name] = change(arrays[name])
        with pytest.raises(ValueError, match="found no stories"):
            unpack(arrays)

    @pytest.mark.parametrize(
        "changes",
        [
            {"version": 9},
            {"params": {"grape": 1}},
            {"params": {"granularity": -1}},
            {"params": None},
            {"suffixes": 3},
            {"numbers": [0, 1]},
            {"numbers": [0, 2, 1]},
            {"numbers": [[0], [1], [2]]},
            {"numbers": [0, 1, 2**70]},
            {"numbers": "012"},
            {"titles": ["one"]},
            {"terms": [1, 2, 3]},
            {"merges": [[1, 2]]},
            {"merges": [[9, 10, None]]},
            {"merges": [[0, 10**30, None]]},
            {"merges": [[0, -1, None]]},
            {"merges": [[0, 1, None]]},  # a number in use
            {"next_number": 9, "merges": [[0, 7, None], [1, 7, None]]},
            {"params": {"granularity": 10**400}},
            {"params": {"window": float("nan")}},
            {"next_number": 2},
            {"next_number": None},
            {"n_seen": -1},
            {"headlines": {"headline": ["one"]}},
            {"headlines": {"headline": [None] * 7}},
            {"headlines": {"headline": [1] * 7}},
            {"headlines": {"headline": ["one"] * 7, "url": ["x"]}},
            {"headlines": {}},
            {"headlines": []},
        ],
    )
    def test_tampered_texts_are_refused(self, changes):
        arrays = pack(StoryClusterer().fit(HEADLINES))
        texts = {**json.loads(arrays["state"].tobytes()), **changes}
        arrays["state"] = np.frombuffer(json.dumps(texts).encode(), np.uint8)
        with pytest.raises(ValueError, match=r"found no stories|granularity|window"):
            unpack(arrays)

    def test_a_missing_array_is_named(self):
        arrays = pack(StoryClusterer().fit(HEADLINES))
        del arrays["days"]
        with pytest.raises(ValueError, match="'days'"):
            unpack(arrays)
