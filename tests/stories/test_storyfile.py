"""Stories on disk: the same answers after loading, nothing but data, and the command that goes on from them."""

from __future__ import annotations

import csv
import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify import ModelFileError, StoryClusterer, load_sample, load_stories, save_stories
from classify.cli import main

ROWS = 500


@pytest.fixture(scope="module")
def fitted():
    """Give stories of a part of the embedded corpus."""
    sample = load_sample().slice(0, ROWS)
    return StoryClusterer().fit(sample.headline, sample.date)


@pytest.fixture(scope="module")
def content(fitted, tmp_path_factory):
    """Give their file's bytes."""
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
        assert kinds <= {"U8", "U64", "I32", "I64", "F64"}

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
        arrays = fitted.to_arrays()
        arrays["labels"] = arrays["labels"] + 1

        class Odd:
            def to_arrays(self):
                return arrays

        save_stories(Odd(), tmp_path / "s")
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

    def test_ids_are_hashed_alike_in_every_process(self):
        hashes = StoryClusterer().fit(["Rain", "Hail"], ids=["a", "\u00e9"]).to_arrays()["id_hashes"]
        assert hashes.tolist() == [17508005127702757215, 8278062457674268280]

    def test_a_missing_file_is_an_oserror(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load_stories(tmp_path / "none")


def cluster(*args, stdin=b""):
    """Run the command as a process of its own."""
    command = [sys.executable, "-m", "classify", "cluster", *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)


def answers(result):
    """Read the rows of a CSV answer."""
    assert result.returncode == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout.decode())))


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Give a folder with two parts of the embedded corpus, one after the other, and the stories of the first."""
    folder = tmp_path_factory.mktemp("days")
    frame = load_sample().to_pandas().drop(columns="line").iloc[:400]
    frame.iloc[:300].to_csv(folder / "one.csv", index=False)
    frame.iloc[300:].to_csv(folder / "two.csv", index=False)
    first = answers(cluster(folder / "one.csv", "-f", "csv", "-m", folder / "s.safetensors"))
    return folder, first


@pytest.mark.slow
class TestCommand:
    def test_known_stories_keep_their_numbers_and_the_file_grows(self, days, tmp_path):
        folder, first = days
        path = tmp_path / "s.safetensors"
        path.write_bytes((folder / "s.safetensors").read_bytes())
        second = answers(cluster("--continue", path, folder / "two.csv", "-f", "csv"))
        assert [row["id"] for row in second] == [f"h{i:04d}" for i in range(301, 401)]
        expected = StoryClusterer()
        sample = load_sample()
        expected.fit(sample.headline[:300], sample.date[:300]).assign(sample.headline[300:400], sample.date[300:400])
        assert [int(row["story"]) for row in [*first, *second]] == expected.labels_.tolist()
        assert len(load_stories(path).labels_) == 400

    def test_headlines_that_come_again_are_not_counted_again(self, days, tmp_path):
        folder, first = days
        path = tmp_path / "s.safetensors"
        path.write_bytes((folder / "s.safetensors").read_bytes())
        again = cluster("--continue", path, folder / "one.csv", "-f", "csv")
        assert answers(again) == first
        assert again.stderr == b"classify: 300 headline(s) were known already\n"
        assert path.read_bytes() == (folder / "s.safetensors").read_bytes()
        second = cluster("--continue", path, folder / "two.csv", "-f", "csv")
        assert second.stderr == b""
        both = cluster("--continue", path, folder / "one.csv", folder / "two.csv", "-f", "csv")
        assert [row["story"] for row in answers(both)] == [row["story"] for row in first + answers(second)]
        assert both.stderr == b"classify: 400 headline(s) were known already\n"
        assert load_stories(path).known_.sizes.sum() == 400

    @pytest.mark.parametrize(
        ("head", "rows", "more", "known"),
        [
            ("headline", ["Rain"], ["Rain", "Hail", "Hail"], 2),
            ("headline,date", ["Rain,2026-01-01"], ["Rain,2026-01-01", "Rain,2026-01-02"], 1),
            ("headline,publisher", ["Rain,Post"], ["Rain,Post", "Rain,Echo"], 1),
            ("id,headline", ["1,Rain", "2,Snow"], ["1,Hail", "2,Snow", "3,Snow"], 1),  # rows numbered anew every day
            ("id,headline,date", ["1,Rain,2026-01-01", "1,Snow,2026-01-01"], ["1,Rain,2026-01-02", "1,Snow,"], 0),
            ("id,headline", ["1,Rain", ",Snow"], ["1,Rain", "1,Rain", ",Snow", "4,Snow"], 3),
        ],
    )
    def test_what_tells_headlines_apart(self, head, rows, more, known, tmp_path, capsys):
        for name, lines in (("one.csv", rows), ("two.csv", more)):
            (tmp_path / name).write_text("\n".join([head, *lines, ""]))
        path = str(tmp_path / "s")
        assert main(["cluster", str(tmp_path / "one.csv"), "-m", path]) == 0
        capsys.readouterr()
        assert main(["cluster", "--continue", path, str(tmp_path / "two.csv")]) == 0
        said = f"classify: {known} headline(s) were known already\n" if known else ""
        assert capsys.readouterr().err == said
        assert len(load_stories(path).labels_) == len(rows) + len(more) - known

    def test_another_file_may_take_the_growth(self, days, tmp_path):
        folder, _ = days
        before = (folder / "s.safetensors").read_bytes()
        piped = (folder / "two.csv").read_bytes()
        result = cluster("--continue", folder / "s.safetensors", "-m", tmp_path / "t", "-f", "table", stdin=piped)
        assert result.returncode == 0
        assert b"headlines  terms" in result.stdout
        assert (folder / "s.safetensors").read_bytes() == before
        assert len(load_stories(tmp_path / "t").labels_) == 400

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            (["--window", "3d"], "leave them out or cluster anew"),
            (["--stories", "9"], "leave them out or cluster anew"),
            (["-o", "{s}"], "name one"),
            (["-m", "{two}"], "is also an input"),
        ],
    )
    def test_contradictions_are_named_and_nothing_is_lost(self, days, args, words):
        folder, _ = days
        before = {path: path.read_bytes() for path in folder.iterdir()}
        names = {"s": folder / "s.safetensors", "two": folder / "two.csv"}
        result = cluster("--continue", names["s"], names["two"], *(arg.format(**names) for arg in args))
        assert result.returncode == 2
        assert result.stderr.decode().startswith("classify: error: ")
        assert words in result.stderr.decode()
        assert len(result.stderr.splitlines()) == 1
        assert {path: path.read_bytes() for path in folder.iterdir()} == before

    def test_a_file_of_another_kind_is_refused(self, days):
        folder, _ = days
        result = cluster("--continue", folder / "one.csv", folder / "two.csv")
        assert result.returncode == 2
        assert b"one.csv: this is no whole file of stories" in result.stderr
