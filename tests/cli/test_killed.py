"""Killed at any moment: what was written before is still there whole, or what was to be written is.

``KILLS=100 pytest tests/cli/test_killed.py -k any_moment -s`` kills more often, and prints how often it was which.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from classify import load_sample
from classify.report.figures import SECTION_FIGURES

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="forks and kills")]

KILLS = int(os.environ.get("KILLS", "25"))  # of each of five commands
# Run two commands that write the same place in turns, over and over, in a process that is killed at a random moment.
# All is imported before, so that the moments fall into reading, computing and writing, not into the start of Python.
SCRIPT = """
import json, os, random, select, signal, sys
from pathlib import Path
import classify.evaluation.pipeline, classify.report, classify.stories.clusterer, sklearn.linear_model, sklearn.cluster
from classify.cli import main

name, kills, first, second, span = json.loads(sys.argv[1])
place, moments = Path(name), random.Random(7)

def quietly(argv):
    out, err = os.dup(1), os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1), os.dup2(null, 2)
    code = main(argv)
    sys.stdout.flush()
    os.dup2(out, 1), os.dup2(err, 2)
    return code

def content():
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files if not path.name.startswith(".")}

def in_a_child(argvs, seconds):
    child = os.fork()
    if not child:
        while True:
            for argv in argvs:
                code = quietly(argv)
                if code or not seconds:
                    os._exit(code)
    if seconds:
        select.select([], [], [], seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return status

def written(argv):
    assert in_a_child([argv], 0) == 0
    return content()

old, new = written(first), written(second)
assert old.keys() == new.keys() and old != new, (old.keys(), new.keys())
seen = {"old": 0, "new": 0}
for _ in range(kills):
    status = in_a_child([first, second], moments.uniform(0.01, span))
    assert os.WIFSIGNALED(status), f"ended by itself: {status}"
    found = content()
    assert found.keys() == old.keys(), found.keys()
    for path, data in found.items():
        assert data in (old[path], new[path]), f"{path}: neither old nor new"
    seen["old" if found == old else "new"] += 1
assert written(first) == old  # what a killed run left behind, under a hidden name, is not in the way of the next
print(json.dumps(seen))
"""

# name: (what is written, the command with {} in the place of one corpus or the other, within how many seconds)
WRITERS = {
    "predict": ("out.jsonl", ["predict", "-i", "{}", "-o", "out.jsonl"], 0.4),
    "cluster": ("out.csv", ["cluster", "{}", "-o", "out.csv"], 1.2),
    "continue": ("stories", ["cluster", "{}", "--continue", "base", "-m", "stories", "-o", "/dev/null"], 1.2),
    "train": ("model", ["train", "{}", "-m", "model", "--jobs", "1"], 2.0),
    "report": ("report", ["evaluate", "{}", "--report", "report"], 3.0),
}


@pytest.fixture
def corpora(tmp_path):
    """Write two small corpora."""
    for name, start in (("one.csv", 0), ("two.csv", 800)):
        load_sample().slice(start, 200).to_pandas().drop(columns="line").to_csv(tmp_path / name, index=False)
    return tmp_path


@pytest.mark.parametrize("writer", WRITERS)
def test_killed_at_any_moment_leaves_old_or_new(writer, corpora):
    place, argv, span = WRITERS[writer]
    if writer == "continue":
        run(corpora, "cluster", "one.csv", "-m", "base", "-o", "/dev/null")
    first, second = ([word.format(name) for word in argv] for name in ("one.csv", "two.csv"))
    told = json.dumps([place, KILLS, first, second, span])
    command = [sys.executable, "-c", SCRIPT, told]
    done = subprocess.run(command, cwd=corpora, capture_output=True, timeout=60 + 12 * KILLS, check=False)
    assert done.returncode == 0, done.stderr.decode()
    print(f"{writer}: {done.stdout.decode().strip()} of {KILLS} kills")  # noqa: T201 (with -s, the figures)
    assert sum(json.loads(done.stdout).values()) == KILLS


# Kill the process at the moment of its n-th renaming of a file, which Python tells of before it happens.
KILLED = """
import itertools, os, signal, sys
from classify.cli import main

count = itertools.count(1)
def watch(event, _):
    if event == "os.rename" and next(count) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
sys.exit(main(sys.argv[2:]))
"""
FIGURES = [f"figures/{figure.name}{suffix}" for figure in SECTION_FIGURES for suffix in (".svg", ".png")]
IN_ORDER = [*FIGURES, "report.md", "report.html", "results.json"]


def run(folder, *argv):
    """Run the command to its end."""
    subprocess.run([sys.executable, "-m", "classify", *argv], cwd=folder, check=True, capture_output=True, timeout=120)


def killed_at(renaming, folder, *argv):
    """Run the command, killed at its n-th renaming."""
    command = [sys.executable, "-c", KILLED, str(renaming), *argv]
    ended = subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def content(folder):
    """Read what is in a folder, but for what is hidden."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def hidden(folder):
    """List what is hidden in a folder."""
    return sorted(path.name for path in folder.rglob(".*"))


def test_a_report_takes_its_place_file_by_file_with_the_numbers_last(corpora):
    old, new = ({}, {})
    for name, found in (("two.csv", new), ("one.csv", old)):
        run(corpora, "evaluate", name, "--report", "report")
        found |= content(corpora / "report")
    order = [name for name in IN_ORDER if name in old]
    assert old.keys() == new.keys() == set(order)
    for n in (1, len(order) // 2, len(order)):
        killed_at(n, corpora, "evaluate", "two.csv", "--report", "report")
        expected = {name: (new if place < n - 1 else old)[name] for place, name in enumerate(order)}
        assert content(corpora / "report") == expected
        # All of it was there before the first moved.
        assert len(hidden(corpora / "report")) >= len(order) - n + 1
    run(corpora, "evaluate", "two.csv", "--report", "report")
    assert content(corpora / "report") == new


def test_two_writers_of_one_file_take_nothing_from_each_other(corpora):
    argv = [sys.executable, "-m", "classify", "predict", "-o", "out.csv"]
    with subprocess.Popen(argv, cwd=corpora, stdin=subprocess.PIPE) as first:
        first.stdin.write(b"Rovers win\n")
        first.stdin.flush()
        while not hidden(corpora):  # it is at work
            assert first.poll() is None
        run(corpora, "predict", "-i", "one.csv", "-o", "out.csv")
        assert len((corpora / "out.csv").read_bytes().splitlines()) == 201
        assert len(hidden(corpora)) == 1
        first.stdin.close()
    assert first.returncode == 0
    assert (corpora / "out.csv").read_text().splitlines()[1].startswith(',"Rovers win",')
    assert hidden(corpora) == []
