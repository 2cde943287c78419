"""Two reports into one folder at once: the second waits, and the folder is wholly of one of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from classify.core.lock import locked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

# Write a report; halt at the third file that takes its place where told so, and report that it waits for a lock.
WRITER = """
import itertools, json, sys
from classify.report import write_report

count = itertools.count(1)
def watch(event, _):
    if event == "os.rename" and next(count) == 3 and sys.argv[2] == "halt":
        print("halted", flush=True)
        sys.stdin.readline()
    if event == "fcntl.flock" and sys.argv[2] == "wait":
        print("locks", flush=True)

sys.addaudithook(watch)
write_report(json.loads(sys.argv[1]), "report")
"""


def numbers(title):
    """Make the numbers of an experiment with a figure."""
    curve = [{"n_train": n, "accuracy": n / 20, "low": 0.1, "high": 0.9, "macro_f1": 0.4} for n in (5, 10)]
    figures = {"learning_curve": "How to read it."}
    made = {"created_with": {}, "made": {}, "question": "?", "answer": title, "headline": "0.5"}
    return json.dumps({"kind": "experiment", "title": title, "learning_curve": curve, "figures": figures} | made)


def content(folder):
    """Read what is in a folder, but for what is hidden."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.name: path.read_bytes() for path in files}


def writer(folder, title, what):
    """Start to write a report."""
    argv = [sys.executable, "-c", WRITER, numbers(title), what]
    return subprocess.Popen(argv, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_the_second_report_follows_the_first(tmp_path):
    writer(tmp_path, "second", "").communicate()
    expected = content(tmp_path / "report")
    assert b"second" in expected["report.md"]
    first = writer(tmp_path, "first", "halt")
    assert first.stdout.readline() == b"halted\n"
    second = writer(tmp_path, "second", "wait")
    assert [second.stdout.readline() for _ in range(2)] == [b"locks\n"] * 2  # in vain, and then for as long as it takes
    first.communicate(b"\n")
    second.communicate()
    assert (first.returncode, second.returncode) == (0, 0)
    assert content(tmp_path / "report") == expected
    assert not list(tmp_path.rglob(".*"))


def test_who_will_not_wait_raises_and_leaves_the_lock(tmp_path):
    def refuse():
        raise ValueError("busy")

    with locked(tmp_path / "new" / "a"):
        with pytest.raises(ValueError, match="busy"), locked(tmp_path / "new" / "a", refuse):
            pass
        assert [path.name for path in (tmp_path / "new").iterdir()] == [".a.lock"]
    assert list((tmp_path / "new").iterdir()) == []
