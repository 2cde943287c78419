"""`classify cluster --continue`: stories that grow from run to run."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest

from classify import StoryClusterer, load_sample, load_stories
from classify.cli import main


def cluster(*args, stdin=b""):
    """Run the command as a process of its own."""
    command = [sys.executable, "-m", "classify", "cluster", *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)


def answers(result):
    """Read the rows of a CSV answer."""
    assert result.returncode == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout.decode())))


def dates(n):
    """Return dates within a week, in order, so that no story is forgotten."""
    return [f"2025-01-0{1 + 7 * i // n}" for i in range(n)]


def renumbered(rows, merges):
    """Return the story numbers of answers, with those of stories that were merged since."""
    now = {was: story for story, was, _ in merges}
    return [now.get(int(row["story"]), int(row["story"])) for row in rows]


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Return a folder with two parts of the embedded corpus, dated within a week, and the stories of the first."""
    folder = tmp_path_factory.mktemp("days")
    frame = load_sample().to_pandas().drop(columns="line").iloc[:400]
    frame["date"] = dates(400)
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
        headlines, when = load_sample().headline, dates(400)
        expected.fit(headlines[:300], when[:300]).assign(headlines[300:400], when[300:])
        assert renumbered([*first, *second], expected.merges_) == expected.labels_.tolist()
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
        merges = load_stories(path).merges_
        assert renumbered(answers(both), ()) == renumbered(first + answers(second), merges)
        assert both.stderr == b"classify: 400 headline(s) were known already\n"
        assert len(load_stories(path).labels_) == 400

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
        said = capsys.readouterr().err
        assert (f"classify: {known} headline(s) were known already\n" in said) == (known > 0)
        assert ("have no date that can be read (line 3)" in said) == ("1,Snow," in more)
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
            (["--stories", "9"], "leave them out or cluster anew"),
            (["-o", "{s}"], "name another"),
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
        assert b"one.csv: this is not a complete file of stories" in result.stderr
