"""Killed at any moment: what was written before is still there whole, or what was to be written is."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from classify import load_sample

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="forks and kills")]

KILLS = 25  # of each of four commands
# Run two commands that write the same place in turns, over and over, in a process that is killed at a random moment.
# All is imported before, so that the moments fall into reading, computing and writing, not into the start of Python.
SCRIPT = """
import json, os, random, select, signal, sys
from pathlib import Path
import classify.evaluation, classify.report, classify.stories, sklearn.linear_model, sklearn.cluster
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
assert written(first) == old  # what a killed run left behind does not stand in the way of the next
print(json.dumps(seen))
"""

# name: (what is written, the command with {} in the place of one corpus or the other, within how many seconds)
WRITERS = {
    "predict": ("out.jsonl", ["predict", "-i", "{}", "-o", "out.jsonl"], 0.4),
    "cluster": ("out.csv", ["cluster", "{}", "-o", "out.csv"], 1.2),
    "train": ("model", ["train", "{}", "-m", "model", "--jobs", "1"], 2.0),
    "report": ("report", ["evaluate", "{}", "--report", "report"], 3.0),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_killed_at_any_moment_leaves_old_or_new(writer, tmp_path):
    place, argv, span = WRITERS[writer]
    for name, start in (("one.csv", 0), ("two.csv", 800)):
        load_sample().slice(start, 200).to_pandas().drop(columns="line").to_csv(tmp_path / name, index=False)
    first, second = ([word.format(name) for word in argv] for name in ("one.csv", "two.csv"))
    told = json.dumps([place, KILLS, first, second, span])
    command = [sys.executable, "-c", SCRIPT, told]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert sum(json.loads(done.stdout).values()) == KILLS
