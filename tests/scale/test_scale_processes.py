"""Processes of one machine that are killed at chosen moments: what is done stays, the rest is done again, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from archive_cases import ROOT, answers, command, content, model, run, table, write_archive

from classify import save_model
from classify.scale import label_archive, label_pieces, local, plan_archive

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="kills")]

# Kill a worker at its first or at each opening or renaming of a file whose name contains a word, which Python tells of
# before it happens. A name in the environment of Python that this process does not have.
KILLER = """
import os, signal, sys
event, word, once = os.environ["KILL"].split(";")
def watch(name, arguments):
    if name == event and word in str(arguments[:2]):
        try:
            if once:
                os.unlink(once)
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
if "classify.scale.worker" in sys.orig_argv:
    sys.addaudithook(watch)
"""
# name: the event, a word of the file's name
MOMENTS = {
    "when it begins to read": ("open", "archive/b.csv"),
    "when a part is whole but has no name": ("os.rename", "labelled/b.csv-00000.parquet'"),
    "when a part has its name but no marker": ("os.rename", "_done/b.csv-00000.parquet.json"),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Label an archive in one process; return its folder, its model and what was written."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_archive(folder / "archive")
    save_model(model(), folder / "m.safetensors")
    run(folder, *GIVEN)
    return folder, content(folder / "labelled")


GIVEN = ("predict", "-m", "m.safetensors", "-i", "archive/*", "-o", "labelled/")


@pytest.fixture
def place(undisturbed, tmp_path):
    """Make a folder with the same archive, of the same times, and a module that kills."""
    (tmp_path / "archive").symlink_to(undisturbed[0] / "archive")
    (tmp_path / "m.safetensors").symlink_to(undisturbed[0] / "m.safetensors")
    (tmp_path / "kill").mkdir()
    (tmp_path / "kill" / "sitecustomize.py").write_text(KILLER)
    (tmp_path / "once").touch()
    return tmp_path


def killing(place, moment, once):
    """Return the environment of workers that are killed."""
    event, word = MOMENTS[moment]
    return {"PYTHONPATH": f"{place / 'kill'}{os.pathsep}{ROOT}", "KILL": f"{event};{word};{once}"}


def remove_hidden(folder):
    """Remove the temporary files of processes that were killed."""
    for left in folder.rglob(".*.part"):
        left.unlink()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_that_is_killed_once_changes_nothing(moment, place, undisturbed):
    told = run(place, *GIVEN, "--workers", "2", **killing(place, moment, place / "once"))
    assert "archive/b.csv: failed (its process" in told
    assert "ended with signal 9" in told
    remove_hidden(place / "labelled")
    assert content(place / "labelled") == undisturbed[1]


def test_a_piece_that_kills_its_worker_twice_is_set_aside(place, undisturbed):
    told = run(place, *GIVEN, "--workers", "2", code=1, **killing(place, "when it begins to read", ""))
    assert "set aside after two tries: archive/b.csv (its process" in told
    expected = {name: data for name, data in undisturbed[1].items() if "b.csv" not in name}
    remove_hidden(place / "labelled")
    assert content(place / "labelled") == expected
    assert "4 of 5 piece(s) are done already" in run(place, *GIVEN)
    assert content(place / "labelled") == undisturbed[1]


def test_any_number_of_processes_and_shards_gives_the_same_bytes(place, undisturbed):
    run(place, *GIVEN, "--workers", "3")
    assert content(place / "labelled") == undisturbed[1]
    for index in (1, 2):
        run(place, *GIVEN[:-1], "shards/", "--workers", "1", "--shard", f"{index}/2")
    assert content(place / "shards") == undisturbed[1]


def test_a_driver_that_is_killed_is_started_again(tmp_path):
    save_model(model(), tmp_path / "m.safetensors")
    (tmp_path / "archive").mkdir()
    for at in range(40):
        pq.write_table(table(at, 2000), tmp_path / "archive" / f"{at:02d}.parquet")
    given = [*GIVEN, "--workers", "2"]
    labelled = tmp_path / "labelled"
    with subprocess.Popen(command(*given), cwd=tmp_path, stderr=subprocess.PIPE) as driver:
        while len(list(labelled.glob("_done/*.parquet.json"))) < 5:
            assert driver.poll() is None
        driver.send_signal(signal.SIGKILL)
        driver.stderr.read()  # ends when the workers have ended, too
    done = {path: path.stat().st_mtime_ns for path in labelled.glob("_done/*.parquet.json")}
    assert len(done) < 40
    told = run(tmp_path, *given)
    assert f"{len(done)} of 40 piece(s) are done already" in told
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert f"{(40 - len(done)) * 2000:,} labelled now" in told
    assert len(answers(labelled)) == 80_000


def test_two_runs_at_once_take_nothing_from_each_other(place, undisturbed):
    both = [subprocess.Popen(command(*GIVEN, "--workers", "2"), cwd=place, stderr=subprocess.DEVNULL) for _ in "ab"]
    assert [each.wait(120) for each in both] == [0, 0]
    assert content(place / "labelled") == undisturbed[1]


def test_the_model_is_sent_once_to_each_process(place, monkeypatch):
    monkeypatch.chdir(place)
    sent, start = [], local._Process._start

    class Counted:
        def __init__(self, stream):
            self.stream = stream

        def write(self, data):
            sent.append(len(data))
            return self.stream.write(data)

        def __getattr__(self, name):
            return getattr(self.stream, name)

    def counted(self):
        process = start(self)
        sent.append(len(self._content))
        process.stdin = Counted(process.stdin)
        return process

    monkeypatch.setattr(local._Process, "_start", counted)
    plan = plan_archive(["archive/*"], "labelled/", model())
    assert len(list(label_pieces(plan, workers=2))) == 5
    assert 2 * len(plan.content) < sum(sent) < 2 * len(plan.content) + 5 * 1000


# Label as many pieces as asked for, and print the peak memory of the driver in megabytes.
DRIVER = """
import resource, sys
from classify import load_model
from classify.scale import label_archive, archive
from classify.scale.task import Outcome

def labelled(todo, plan, *_):
    for piece in todo:
        marker = plan.task.identity(piece) | {"rows": 1, "skipped": 0, "skipped_lines": [], "sections": {"sport": 1}}
        yield Outcome(piece, marker)

archive._outcomes = labelled
assert label_archive(["archive/*"], "labelled/", load_model(sys.argv[1])).pieces == int(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_the_memory_of_the_driver_does_not_grow_with_pieces(tmp_path):
    save_model(model(), tmp_path / "m.safetensors")
    (tmp_path / "archive").mkdir()
    peaks, made = [], 0
    for number in (100, 10_000):
        for at in range(made, number):
            Path(tmp_path, "archive", f"{at}.csv").touch()
        made = number
        argv = [sys.executable, "-c", DRIVER, "m.safetensors", str(number)]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 30


def test_many_tiny_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archive").mkdir()
    for at in range(500):
        Path("archive", f"{at:04d}.csv").write_text(f"title\nRovers win match {at}\n")
    summary = label_archive(["archive/*"], "labelled/", model())
    assert (summary.rows, summary.pieces, summary.set_aside) == (500, 500, {})
    found = answers("labelled")["headline"].to_pylist()
    assert found == [f"Rovers win match {at}" for at in range(500)]
