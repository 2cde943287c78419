"""`classify cluster`: stories that go on from day to day, files that runs share, what is written where."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import pytest

from classify.cli import main
from classify.stories import load_stories, lock, updating

DAYS = {
    "monday.csv": [
        "Rovers win cup final",
        "Late goal wins cup final for Rovers",
        "Budget vote delayed in Senate",
        "Senate delays vote on budget",
        "Ferry runs aground off Harwich harbour",
        "Harwich harbour ferry aground with 90 on board",
        "Coastguard rescues 90 passengers at night",
        "Night rescue: coastguard brings 90 passengers ashore",
        "Snow closes Brenner pass",
    ],
    "tuesday.csv": [
        "Harwich harbour ferry aground: coastguard rescues 90 passengers at night",
        "Ferry aground off Harwich harbour, coastguard rescues 90 passengers at night",
        "Coastguard rescues 90 passengers at night as ferry runs aground off Harwich harbour",
        "Wolves seen near Turin",
    ],
    "wednesday.csv": ["Senate passes budget vote", "Glacier breaks off in Chile"],
}
MONDAY = [0, 0, 1, 1, 2, 2, 3, 3, 4]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Write a file for each day and the stories of Monday."""
    monkeypatch.chdir(tmp_path)
    for name, headlines in DAYS.items():
        rows = [
            ("headline", "publisher", "url"),
            *((text, "The Echo", f"https://echo.test/{name}") for text in headlines),
        ]
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    assert main(["cluster", "monday.csv", "-m", "stories", "-o", "monday.jsonl"]) == 0
    return tmp_path


def rows(path):
    """Read a file of answers."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def refusal(capsys, *argv):
    """Run a command that ends with 2; return what it says."""
    assert main(["cluster", *argv]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


class TestContinue:
    def test_numbers_stay_and_merged_stories_are_listed(self, folder, capsys):
        assert [row["story"] for row in rows(folder / "monday.jsonl")] == MONDAY
        assert main(["cluster", "--continue", "stories", "tuesday.csv", "-o", "out.jsonl", "--changes", "c.csv"]) == 0
        assert [row["story"] for row in rows(folder / "out.jsonl")] == [2, 2, 2, 5]
        assert (folder / "c.csv").read_text().replace('"', "") == "story,was,since\n2,3,\n"
        # Changes of earlier runs are listed again, so that a day that was missed does no harm.
        assert main(["cluster", "--continue", "stories", "wednesday.csv", "-o", "o.jsonl", "--changes", "c.jsonl"]) == 0
        assert [row["story"] for row in rows(folder / "o.jsonl")] == [1, 6]
        assert rows(folder / "c.jsonl") == [{"story": 2, "was": 3, "since": None}]
        assert capsys.readouterr().err == ""

    def test_the_same_day_again_changes_nothing(self, folder, capsys):
        before = (folder / "stories").read_bytes()
        assert main(["cluster", "--continue", "stories", "monday.csv", "-o", "again.jsonl"]) == 0
        assert rows(folder / "again.jsonl") == rows(folder / "monday.jsonl")
        assert "9 headline(s) were known already" in capsys.readouterr().err
        assert (folder / "stories").read_bytes() == before

    def test_stories_are_saved_before_the_answers_are_written(self, folder, capsys):
        said = refusal(capsys, "--continue", "stories", "wednesday.csv", "-o", "/dev/full")
        assert "no space left" in said
        assert load_stories("stories").state_.n_seen == 11
        # Run again, the day has the numbers it has, and is not counted twice.
        assert main(["cluster", "--continue", "stories", "wednesday.csv", "-o", "out.jsonl"]) == 0
        assert [row["story"] for row in rows(folder / "out.jsonl")] == [1, 5]
        assert load_stories("stories").state_.n_seen == 11

    def test_another_file_leaves_the_first_as_it_was(self, folder):
        before = (folder / "stories").read_bytes()
        argv = ["cluster", "--continue", "stories", "wednesday.csv", "-m", "other", "-o", "out.jsonl"]
        assert main(argv) == 0
        assert (folder / "stories").read_bytes() == before
        assert load_stories("other").state_.n_seen == 11

    def test_a_report_of_all_stories(self, folder, capsys):
        assert main(["cluster", "--continue", "stories", "wednesday.csv", "--report", "report"]) == 0
        out = capsys.readouterr()
        # Without --output or --format, a report is all that is wanted.
        assert out.out == ""
        assert "report: report" in out.err
        numbers = json.loads((folder / "report" / "results.json").read_text())
        assert numbers["data"]["n_headlines"] == 11
        assert "wednesday.csv" in numbers["data"]["name"]

    @pytest.mark.parametrize(
        ("argv", "wanted"),
        [
            (["--continue", "stories", "monday.csv", "--stories", "3"], "--continue was given with --stories"),
            (["--continue", "stories", "monday.csv", "--granularity", "2"], "or --granularity"),
            (["--continue", "stories", "monday.csv", "--window", "3"], "no column 'date' was found"),
            (["monday.csv", "--changes", "c.csv"], "--changes was given without --continue"),
            (["--continue", "stories", "monday.csv", "--changes", "c.parquet"], "expected .jsonl or .csv"),
            (["--continue", "stories", "monday.csv", "-o", "stories"], "two outputs are one file"),
            (["--continue", "stories", "monday.csv", "-o", "c.csv", "--changes", "c.csv"], "two outputs are one file"),
            (["--continue", "none", "monday.csv"], "none"),
            (["--continue", "monday.csv", "tuesday.csv"], "this is not a complete file of stories"),
        ],
    )
    def test_what_contradicts_is_refused_and_nothing_is_written(self, argv, wanted, folder, capsys):
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert wanted in refusal(capsys, *argv)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


class TestTwoRunsOnOneFile:
    def test_the_second_waits_and_no_day_is_lost(self, folder):
        command = [
            sys.executable,
            "-m",
            "classify",
            "cluster",
            "--continue",
            "stories",
            "wednesday.csv",
            "-o",
            "w.jsonl",
        ]
        with updating("stories") as clusterer:
            assert clusterer.assign(DAYS["tuesday.csv"]).tolist() == [2, 2, 2, 5]
            other = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
            # The block ends only when the other run says that it waits.
            assert "waiting for another run on stories" in other.stderr.readline()
        other.communicate(timeout=60)
        assert other.returncode == 0
        assert [row["story"] for row in rows(folder / "w.jsonl")] == [1, 6]
        assert load_stories("stories").state_.n_seen == 9 + 4 + 2
        assert not list(folder.glob(".*"))

    def test_an_error_saves_nothing_and_leaves_no_lock(self, folder):
        before = (folder / "stories").read_bytes()
        run = updating("stories")
        run.__enter__().assign(DAYS["tuesday.csv"])
        assert len(list(folder.glob(".*.lock"))) == 1
        assert not run.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert (folder / "stories").read_bytes() == before
        assert not list(folder.glob(".*"))

    def test_a_link_and_its_file_have_one_lock(self, folder):
        (folder / "link").symlink_to("stories")
        with updating("stories"):
            held = {path.name for path in folder.glob(".*.lock")}
        with updating("link") as clusterer:
            assert {path.name for path in folder.glob(".*.lock")} == held != set()
            clusterer.assign(["Wolves seen near Turin"])
        assert (folder / "link").is_symlink()
        assert load_stories("stories").state_.n_seen == 10

    def test_without_locks_a_changed_file_is_not_replaced(self, folder, monkeypatch):
        monkeypatch.setattr(lock, "fcntl", None)  # as on Windows
        first = updating("stories")
        first.__enter__().assign(DAYS["tuesday.csv"])
        with updating("stories") as second:
            second.assign(DAYS["wednesday.csv"])
        with pytest.raises(ValueError, match="another run changed the file"):
            first.__exit__(None, None, None)
        assert load_stories("stories").state_.n_seen == 11


class TestOutputs:
    def test_the_table_has_the_numbers_of_the_answers(self, folder, capsys):
        assert main(["cluster", "monday.csv", "-f", "table"]) == 0
        lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
        assert lines[0].split() == ["story", "headlines", "terms", "title"]
        assert [line.split()[:2] for line in lines if line.split()[0].isdigit()][:4] == [
            [str(n), "2"] for n in range(4)
        ]
        assert lines[-1] == "4 stories, and 1 headline that stands alone"

    def test_granularity(self, folder, capsys):
        with pytest.raises(SystemExit, match="2"):
            main(["cluster", "monday.csv", "--granularity", "0"])
        assert "--granularity: 0; expected a number above 0" in capsys.readouterr().err
        for granularity, name in (("0.01", "fine"), ("5", "coarse")):
            assert main(["cluster", "monday.csv", "tuesday.csv", "--granularity", granularity, "-o", name]) == 0
        fine, coarse = (len({row["story"] for row in rows(folder / name)}) for name in ("fine", "coarse"))
        assert coarse < fine
