"""`classify cluster`: stories that go on from day to day, files that runs share, what is written where."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import pytest

from classify.cli import main
from classify.core import lock
from classify.stories import load_stories, updating

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

    @pytest.mark.slow
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
    @pytest.mark.slow
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

    def test_a_new_file_of_stories_is_not_replaced_by_the_next_day_of_the_old_one(self, folder, capsys):
        run = updating("stories")
        run.__enter__().assign(DAYS["tuesday.csv"])
        assert main(["cluster", "wednesday.csv", "-m", "stories", "-o", "w.jsonl"]) == 0
        with pytest.raises(ValueError, match="another run replaced the file"):
            run.__exit__(None, None, None)
        assert load_stories("stories").state_.n_seen == 2
        assert not list(folder.glob(".*"))

    def test_the_longest_names_have_locks(self, folder):
        for name in ("x" * 255, "\u4e2d" * 85, "\U0001f600" * 63):
            (folder / name).write_bytes((folder / "stories").read_bytes())
            with updating(name) as clusterer:
                clusterer.assign(["Wolves seen near Turin"])
            assert load_stories(name).state_.n_seen == 10

    def test_a_killed_run_changes_nothing_and_its_lock_stops_nobody(self, folder):
        before = (folder / "stories").read_bytes()
        code = "from classify.stories import updating\nwith updating('stories'): print(1, flush=True); input()"
        other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        other.stdout.readline()
        other.kill()
        other.communicate()
        assert len(list(folder.glob(".*.lock"))) == 1
        assert (folder / "stories").read_bytes() == before
        assert main(["cluster", "--continue", "stories", "tuesday.csv", "-o", "out.jsonl"]) == 0
        assert not list(folder.glob(".*"))

    def test_without_locks_a_changed_file_is_not_replaced(self, folder, monkeypatch):
        monkeypatch.setattr(lock, "fcntl", None)  # as on Windows
        first = updating("stories")
        first.__enter__().assign(DAYS["tuesday.csv"])
        with updating("stories") as second:
            second.assign(DAYS["wednesday.csv"])
        with pytest.raises(ValueError, match="another run replaced the file"):
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

    def test_the_table_cannot_steer_the_terminal(self, folder, capsys):
        (folder / "h.txt").write_text("Rovers \x1b[31mwin\u202e cup\x07 final\nRovers win\x9b cup final\n")
        assert main(["cluster", "h.txt", "-f", "table", "--stories", "1"]) == 0
        out = capsys.readouterr().out
        assert "win" in out
        assert not set("\x1b\u202e\x07\x9b") & set(out)

    def test_a_closed_pipe_loses_no_stories(self, folder):
        command = f"'{sys.executable}' -m classify cluster monday.csv -m new | true"
        subprocess.run(command, shell=True, check=True, timeout=60, capture_output=True)
        assert load_stories("new").state_.n_seen == 9

    @pytest.mark.parametrize("window", ["2w", "3days", "d", "", "x", "nan", "-3", "0h"])
    def test_a_window_that_is_no_time_is_named(self, window, folder, capsys):
        with pytest.raises(SystemExit, match="2"):
            main(["cluster", "monday.csv", f"--window={window}"])
        assert f"{window}; expected a time above 0 such as 3d or 12h" in capsys.readouterr().err

    def test_granularity(self, folder, capsys):
        with pytest.raises(SystemExit, match="2"):
            main(["cluster", "monday.csv", "--granularity", "0"])
        assert "--granularity: 0; expected a number above 0" in capsys.readouterr().err
        for granularity, name in (("0.01", "fine"), ("5", "coarse")):
            assert main(["cluster", "monday.csv", "tuesday.csv", "--granularity", granularity, "-o", name]) == 0
        fine, coarse = (len({row["story"] for row in rows(folder / name)}) for name in ("fine", "coarse"))
        assert coarse < fine
