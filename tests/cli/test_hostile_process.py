"""Where the process itself matters: full disks, closed streams, memory, terminals, interrupts."""

from __future__ import annotations

import ctypes
import fcntl
import gzip
import json
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from classify import load_sample

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="asks /proc and /dev/full"),
]

COMMAND = [sys.executable, "-m", "classify"]
MB = 1 << 20
# A prediction with the default model takes about 150 MB; the rest is a block of text and its answers.
MOST_MEMORY = 400 * MB
MEASURED = """
import re, sys
from classify.cli import main
code = main(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(int(peak) * 1024, file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a corpus and the output of an earlier run."""
    sample = load_sample().slice(0, 300)
    sample.to_pandas().drop(columns="line").to_csv(tmp_path / "corpus.csv", index=False)
    (tmp_path / "old").write_bytes(b"old")
    return tmp_path


def run(folder, *argv, **options):
    """Run the command in a folder."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | options
    return subprocess.run([*COMMAND, *argv], cwd=folder, stderr=subprocess.PIPE, timeout=120, check=False, **options)


def refused(result, words):
    """Check the form of a refusal."""
    error = result.stderr.decode()
    assert result.returncode == 2, error
    assert error.splitlines()[-1].startswith("classify: error: ")
    assert "Traceback" not in error
    assert "Exception ignored" not in error
    assert words in error


def small_files():
    """Limit files to two kilobytes, which the program sees as a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def heeds_interrupts():
    """Undo what a shell does to what it starts in the background: there interrupts are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def no_leave():
    """Take from a superuser the right to write where nobody may: PR_CAPBSET_DROP, CAP_DAC_OVERRIDE."""
    ctypes.CDLL(None).prctl(24, 1)


WRITERS = {
    "predict": ["predict", "-i", "corpus.csv", "-o", "old"],
    "cluster": ["cluster", "corpus.csv", "-o", "old"],
    "train": ["train", "corpus.csv", "-m", "old"],
    "audit": ["audit", "corpus.csv", "-o", "old"],
    "convert": ["corpus", "convert", "corpus.csv", "-o", "old"],
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_that_fills_up_leaves_the_old_file(writer, folder):
    before = sorted(folder.iterdir())
    refused(run(folder, *WRITERS[writer], preexec_fn=small_files), "old: file too large; make room")
    assert (folder / "old").read_bytes() == b"old"
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("writer", ["predict", "cluster", "convert"])
def test_a_folder_that_may_not_be_written_to(writer, folder):
    folder.chmod(0o555)
    try:
        refused(run(folder, *WRITERS[writer], preexec_fn=no_leave), "old: permission denied; ask for the permission")
    finally:
        folder.chmod(0o755)
    assert (folder / "old").read_bytes() == b"old"


def test_a_report_on_a_disk_that_fills_up(folder):
    (folder / "report").mkdir()
    (folder / "report" / "report.html").write_bytes(b"old")
    refused(run(folder, "evaluate", "corpus.csv", "--report", "report", preexec_fn=small_files), "make room")
    assert (folder / "report" / "report.html").read_bytes() == b"old"


@pytest.mark.parametrize("argv", [["predict", "x"], ["inspect"], ["corpus", "list"], ["--version"]], ids=str)
def test_a_full_disk_behind_standard_output(argv, folder):
    with Path("/dev/full").open("wb") as full:
        refused(run(folder, *argv, stdout=full), "no space left on device; make room")


def test_a_standard_output_that_is_closed(folder):
    result = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *COMMAND, "predict", "x"], capture_output=True, check=False)
    refused(result, "standard output: found it closed")


def test_a_standard_error_that_is_closed_puts_no_error_among_the_answers(folder):
    line = ["sh", "-c", '"$@" 2>&-', "sh", *COMMAND, "predict", "-i", "none"]
    result = subprocess.run(line, capture_output=True, check=False, cwd=folder)
    assert (result.returncode, result.stdout) == (2, b"")


def test_answers_onto_the_file_behind_standard_input(folder):
    with (folder / "corpus.csv").open("rb") as stream:
        refused(run(folder, "predict", "-o", "corpus.csv", stdin=stream), "also an input")


def long_line(before, after):
    """Return a line of 100 MB, in parts, between two others."""
    return [before, *[b"x" * MB] * 100, after]


def write_the_same(path, rows, **columns):
    """Write Parquet that stores each text once, however many rows have it."""
    indices = pa.array(rows, pa.int32())
    table = {name: pa.DictionaryArray.from_arrays(indices, pa.array(texts)) for name, texts in columns.items()}
    parquet.write_table(pa.table(table), path)


@pytest.mark.parametrize("argv", [["predict", "-i", "corpus.csv"], ["cluster", "corpus.csv"], ["predict"]], ids=str)
def test_answers_appended_to_their_own_headlines(argv, folder):
    before = (folder / "corpus.csv").read_bytes()
    with (folder / "corpus.csv").open("rb") as stream, (folder / "corpus.csv").open("ab") as out:
        refused(run(folder, *argv, stdin=stream, stdout=out), "is also the output; expected another file")
    assert (folder / "corpus.csv").read_bytes() == before


def test_a_pipe_by_its_name_is_written_to(folder):
    result = run(folder, "predict", "x", "-f", "csv", "-o", "/dev/stdout")
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"id,headline,section")


def test_a_folder_that_is_gone(folder):
    (folder / "gone").mkdir()
    line = ["sh", "-c", 'cd gone && rmdir ../gone && exec "$@"', "sh", *COMMAND, "predict", "x", "-o", "out"]
    refused(subprocess.run(line, capture_output=True, check=False, cwd=folder), "out: no such file or directory")


def test_standard_input_has_a_name(folder):
    with (folder / "corpus.csv").open("rb") as stream:
        result = run(folder, "evaluate", "-", "-f", "table", stdin=stream)
    assert b" headlines of standard input, as new to the model" in result.stdout
    refused(run(folder, "cluster", "-", input=b"headline\n", stdin=None), "standard input: no headlines were found")


# name: (how the command is called, what comes through the pipe, exit code, number of answers)
SWOLLEN = {
    "a cell of 100 MB": (["predict"], lambda: long_line(b"headline,id\nRovers win,1\n", b",2\nTax rises,3\n"), 1, 2),
    "a line of 100 MB": (["predict"], lambda: long_line(b"Rovers win\n", b"\nTax rises\n"), 1, 2),
    "an object of 100 MB": (["predict"], lambda: long_line(b'{"title":"a"}\n{"title":"', b'"}\n{"title":"c"}\n'), 1, 2),
    "an item of 100 MB": (["predict"], lambda: long_line(b'[{"title":"a"},{"title":"', b'"},{"title":"c"}]'), 2, 0),
    "a line without an end": (["predict"], lambda: long_line(b"Rovers win\n", b""), 1, 1),
    "a feed of 100 MB": (["predict"], lambda: long_line(b'<rss version="2.0"><channel>', b""), 2, 0),
    "a line of 200 MB in 200 KB": (["predict"], lambda: [gzip.compress(b"a\n" + b"x" * (200 * MB), 1)], 1, 1),
    "200 MB of NUL bytes in 200 KB": (["predict"], lambda: [gzip.compress(bytes(200 * MB), 1)], 2, 0),
    "a model that claims 2^60 bytes": (["predict", "-m", "claims", "x"], list, 2, 0),
    "2 GB of addresses in 3 KB of Parquet": (["predict", "-i", "same.parquet"], list, 0, 20_000),
    "40 GB of headlines in 3 KB of Parquet": (["predict", "-i", "long.parquet"], list, 1, 1),
    "Parquet that claims 2 GB": (["predict", "-i", "claims.parquet"], list, 2, 0),
}


@pytest.mark.parametrize("case", SWOLLEN)
def test_memory_is_bounded(case, folder):
    argv, pieces, code, answers = SWOLLEN[case]
    (folder / "claims").write_bytes(struct.pack("<Q", 1 << 60) + bytes(1000))
    (folder / "claims.parquet").write_bytes(b"PAR1" + struct.pack("<I", 2**31 - 1) + b"PAR1")
    write_the_same(folder / "same.parquet", [0] * 20_000, headline=["Rovers win"], url=["x" * 100_000])
    write_the_same(folder / "long.parquet", [0, *[1] * 20_000], headline=["Rovers win", "x" * (2 * MB)])
    command = [sys.executable, "-c", MEASURED, *argv]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        with suppress(BrokenPipeError):  # it has seen enough
            for piece in pieces():
                process.stdin.write(piece)
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
        out, said = process.communicate(timeout=120)
    *_, peak = said.decode().splitlines()
    assert (process.returncode, len(out.splitlines())) == (code, answers)
    assert int(peak) < MOST_MEMORY


def test_a_batch_is_the_most_that_is_held(folder):
    """Ten times the headlines take no more memory, give or take some batches; their text alone would be 80 MB."""
    peaks = []
    for blocks in (4, 40):
        text = "".join(f"Rovers win the cup number {i} in the town of {i * 7}\n" for i in range(50_000))
        with (folder / "many.txt").open("w") as file:
            file.writelines([text] * blocks)
        command = [sys.executable, "-c", MEASURED, "predict", "-i", "many.txt", "-o", "out.csv"]
        said = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=300).stderr
        peaks.append(int(said))
        with (folder / "out.csv").open("rb") as out:
            assert sum(1 for _ in out) == 50_000 * blocks + 1
    assert peaks[1] < peaks[0] + 60_000_000


def test_an_interrupt_ends_with_code_130_and_the_old_file(folder):
    argv, pipe = [*COMMAND, "predict", "-o", "old"], subprocess.PIPE
    with subprocess.Popen(argv, cwd=folder, stdin=pipe, stderr=pipe, preexec_fn=heeds_interrupts) as process:
        process.stdin.write(b"Rovers win\n")
        process.stdin.flush()
        # The temporary file is there once the command is at work.
        while len(list(folder.iterdir())) < 3:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        error = process.stderr.read()
    assert (process.returncode, error) == (130, b"")
    assert sorted(path.name for path in folder.iterdir()) == ["corpus.csv", "old"]
    assert (folder / "old").read_bytes() == b"old"


def at_a_terminal(folder, *argv):
    """Run the command with a terminal of 100 columns as standard error; give its exit code and what is seen there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    elsewhere = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    with subprocess.Popen([*COMMAND, *argv], cwd=folder, stderr=theirs, **elsewhere) as process:
        os.close(theirs)
        seen = b""
        try:
            while data := os.read(ours, 1 << 16):
                seen += data
        except OSError:  # the end, for a terminal
            pass
    os.close(ours)
    return process.returncode, seen.decode()


def test_a_bar_with_rate_and_time_left_at_a_terminal_only(folder):
    with (folder / "many.txt").open("w") as file:
        file.writelines(f"Rovers win the cup number {i}\n" for i in range(200_000))
    argv = ["predict", "-i", "many.txt", "-o", "out.jsonl"]
    code, seen = at_a_terminal(folder, *argv)
    assert code == 0
    shown = [line for line in seen.split("\r") if "a second" in line]
    assert re.search(r"\d+%\|.+\| [\d,]+ headlines, [\d,]+ a second \[\d\d:\d\d<\d\d:\d\d\]", shown[0])
    assert seen.endswith("\r")
    assert seen.rstrip("\r").rsplit("\r", 1)[-1].strip() == ""  # and it is wiped away at the end
    piped = run(folder, *argv)
    assert (piped.returncode, piped.stderr) == (0, b"")


STEPS = {
    "train corpus.csv -m m --report out": ["reading", "training and testing on 300 headlines", "drawing the report"],
    "train corpus.csv -m m --test-size 0": ["reading", "training on 300 headlines"],
    "audit corpus.csv -o out.csv": ["reading", "training on 300 headlines, each part without those that it predicts"],
    "cluster corpus.csv -o out.csv --report out": ["reading", "grouping 300 headlines", "drawing the report"],
    "evaluate corpus.csv --report out": ["reading", "testing on 300 headlines", "drawing the report"],
}


@pytest.mark.parametrize("line", STEPS)
def test_each_step_is_said_at_a_terminal_only(line, folder):
    code, seen = at_a_terminal(folder, *line.split())
    assert code == 0, seen
    said = [line.removesuffix(" ...") for line in seen.splitlines() if line.endswith(" ...")]
    assert said == [f"classify: {step}" for step in STEPS[line]]
    piped = run(folder, *line.split())
    assert piped.returncode == 0
    assert b" ..." not in piped.stderr


def test_v_says_what_was_detected(folder):
    (folder / "in.tsv").write_bytes("title\tdesk\nCafé wins - Reuters\ta\nTax rises\tb\n".encode("cp1252"))
    result = run(folder, "predict", "-v", "-i", "in.tsv")
    assert result.stderr.decode().splitlines() == [
        "classify: in.tsv: TSV, headline in 'title' (Windows-1252); line 1 is a header",
        "classify: publisher suffixes removed from 1 of 2 headlines",
    ]
    result = run(folder, "predict", "-v", "--encoding", "cp1251", "-i", "in.tsv")
    assert json.loads(result.stdout.splitlines()[0])["headline"] == "Cafй wins - Reuters"


@pytest.mark.parametrize(
    ("head", "line"),
    [(b"", b"Rovers win\n"), (b"id,title\n", b"7,Rovers win\n"), (b"", b'{"title": "Rovers win"}\n')],
    ids=["text", "csv", "json"],
)
def test_a_headline_typed_into_a_pipe_is_answered_at_once(head, line, folder):
    argv = [*COMMAND, "predict"]
    with subprocess.Popen(argv, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(head)
        for _ in range(3):
            process.stdin.write(line)
            process.stdin.flush()
            # The pipe is still open: without an answer this would wait until the test is ended.
            assert json.loads(process.stdout.readline())["headline"] == "Rovers win"
        process.stdin.close()
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [200, 300])
def test_too_little_memory_is_one_sentence(megabytes):
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20, {megabytes} << 20));"
    code = f"{limit} import sys; from classify.cli import main; sys.exit(main(['predict', 'Rovers win']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_not_mentioned(tmp_path):
    rows = "".join(f"{word} {i},{word}\n" for i in range(9) for word in ("sport", "politics"))
    (tmp_path / "a.csv").write_text("headline,section\n" + rows)
    without = {name: value for name, value in os.environ.items() if name not in ("MPLCONFIGDIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "classify", "evaluate", "a.csv", "--report", "report"],
        cwd=tmp_path, env=without | {"HOME": "/dev/null"}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert all(line.startswith("classify: ") for line in done.stderr.splitlines()), done.stderr
