"""What cannot be written is said at the start, before an hour of training; and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from classify.cli import main
from classify.core.files import expect_writable, write_all

# The corpus is not there: whoever reads it before the output is looked at says so.
COMMANDS = {
    "predict": ["predict", "-i", "none.csv", "-o"],
    "train": ["train", "none.csv", "-m"],
    "train, report": ["train", "none.csv", "-m", "m.safetensors", "--report"],
    "evaluate, report": ["evaluate", "none.csv", "--report"],
    "audit": ["audit", "none.csv", "-o"],
    "cluster": ["cluster", "none.csv", "-o"],
    "cluster, stories": ["cluster", "none.csv", "-m"],
    "cluster, continued": ["cluster", "none.csv", "--continue", "none", "-m"],
    "cluster, report": ["cluster", "none.csv", "--report"],
    "convert": ["corpus", "convert", "none.csv", "-o"],
    "fetch": ["corpus", "fetch", "none", "-o"],
}
# name: (where, what is said of it)
PLACES = {
    "below a file": ("file/new/out", "not a directory; name a folder that is one"),
    "below a device": ("/dev/null/out", "not a directory; name a folder that is one"),
    "in a place without files": ("/proc/out", "; "),
    "a long name": ("x" * 300, "file name too long; choose a shorter name"),
    "a long name in a new folder": ("new/" + "x" * 300, "file name too long; choose a shorter name"),
    "a circle of links": ("circle", "too many levels of symbolic links; "),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a file and a link to itself."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, argv, words):
    """Expect one sentence about the output and exit code 2."""
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert said.startswith("classify: error: ")
    assert len(said.splitlines()) == 1
    assert words in said
    assert "none.csv" not in said


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read(command, place, folder, capsys):
    where, words = PLACES[place]
    refused(capsys, [*COMMANDS[command], where], f"{where[:20]}")
    refused(capsys, [*COMMANDS[command], where], words)
    assert sorted(path.name for path in folder.iterdir()) == ["circle", "file"]
    assert (folder / "file").read_text() == "old"


@pytest.mark.parametrize("command", [name for name in COMMANDS if "report" not in name and name != "predict"])
def test_a_folder_is_no_output_file(command, folder, capsys):
    (folder / "out").mkdir()
    refused(capsys, [*COMMANDS[command], "out"], "out: is a directory; name a file")


@pytest.mark.parametrize("name", ["report.html", "results.json", "report.md"])
@pytest.mark.parametrize("command", [name for name in COMMANDS if "report" in name])
def test_a_report_whose_files_are_folders_is_refused(command, name, folder, capsys):
    (folder / "out" / name).mkdir(parents=True)
    refused(capsys, [*COMMANDS[command], "out"], f"out/{name}: is a directory; name a file")


@pytest.mark.parametrize("command", [name for name in COMMANDS if "report" in name])
def test_a_report_onto_a_file_is_refused(command, folder, capsys):
    refused(capsys, [*COMMANDS[command], "file"], "not a directory; name a folder")
    (folder / "out").mkdir()
    (folder / "out" / "figures").write_text("")
    refused(capsys, [*COMMANDS[command], "out"], "not a directory; name a folder")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_that_fails_later_leaves_no_folder_behind(command, folder, capsys):
    assert main([*COMMANDS[command], "new/folder/out"]) == 2
    assert "none" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["circle", "file"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_may_only_be_read(command, folder):
    (folder / "disk").mkdir()
    script = 'mount -t tmpfs -o ro none disk && exec "$@"'
    line = ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-m", "classify", *COMMANDS[command], "disk/out"]
    done = subprocess.run(line, capture_output=True, check=False, cwd=folder)
    said = done.stderr.decode()
    if said.startswith(("mount", "unshare")):
        pytest.skip("may not mount")
    assert done.returncode == 2
    assert "disk/out" in said
    assert "read-only file system; ask for the permission, or name another place" in said


def test_a_device_is_no_file_to_replace(folder):
    expect_writable(os.devnull)
    write_all({folder / "new" / "a": "a", folder / "b": b"b"})
    assert (folder / "new" / "a").read_text() == "a"
    assert os.path.exists(os.devnull)  # noqa: PTH110


def test_of_files_that_belong_together_none_is_written_where_one_cannot(folder):
    (folder / "c").mkdir()
    with pytest.raises(IsADirectoryError):
        write_all({folder / "file": "new", folder / "new" / "b": "b", folder / "c": "c"})
    with pytest.raises(IsADirectoryError):
        write_all({folder / "c": "c", folder / "new" / "b": "b", folder / "file": "new"})
    assert (folder / "file").read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["c", "circle", "file"]


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["cluster", "file", "-o", "new/report.html", "--report", "new"], "new/report.html"),
        (["cluster", "file", "-m", "new/results.json", "--report", "new"], "new/results.json"),
        (["cluster", "file", "-m", "new", "--report", "new"], "new"),
        (["cluster", "file", "-m", "new", "--report", "new/below"], "new"),
        (["cluster", "file", "--continue", "file2", "--report", "new", "--changes", "new/figures/map.svg"], "map.svg"),
        (["cluster", "report.md", "--report", "."], "report.md"),
        (["cluster", "link", "--report", "."], "link"),
        (["train", "report.md", "-m", "m", "--report", "."], "report.md"),
        (["train", "file", "-m", "results.json", "--report", "."], "results.json"),
        (["evaluate", "report.md", "--report", "."], "report.md"),
    ],
)
def test_a_report_replaces_no_input_and_no_other_output(argv, name, folder, capsys):
    (folder / "report.md").write_text("- Rovers win the cup\n- Budget vote delayed\n")
    (folder / "link").symlink_to("report.md")
    before = sorted(path.name for path in folder.iterdir())
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert f"{name}: the report in {argv[argv.index('--report') + 1]} would be written there" in said
    assert len(said.splitlines()) == 1
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("command", [["predict"], ["cluster", "-"]])
def test_json_lines_cannot_steer_the_terminal(command, tmp_path):
    given = "a \x9b b \x7f c \u202e d \u2066 e\x1b[31m"
    done = subprocess.run(
        [sys.executable, "-m", "classify", *command, "-f", "jsonl"],
        input=given, capture_output=True, encoding="utf-8", cwd=tmp_path, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["headline"] == given
